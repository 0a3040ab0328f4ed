/** What is known about the database, and when it is asked. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { fastClock } from '../../../../tests/support/fast-clock.ts';
import type { Mapper } from '../mapper.ts';
import { mapperWorld } from '../testing/mapper-world.ts';
import { DatabaseWatch } from './database-watch.ts';

const gone = new HoldfastError('DATABASE_UNREACHABLE', 'the server is gone');

async function watched(
  refresh: () => Promise<void>,
  use: (watch: DatabaseWatch, mapper: Mapper) => Promise<void>,
) {
  await using world = await mapperWorld({ clock: fastClock });
  const { gateways } = world.mapper;
  let mapper: Mapper = world.mapper;
  mapper = { ...mapper, gateways: { ...gateways, addresses: 1, refresh } };
  const stop = new AbortController();
  const watch = new DatabaseWatch(mapper, async () => undefined);
  const ended = watch.watch(stop.signal);
  try {
    await use(watch, mapper);
  } finally {
    stop.abort();
    await ended;
  }
}

const turned = async (isSo: () => boolean) => {
  while (!isSo()) await fastClock.sleep(10);
};

describe('the watch over the database', () => {
  it('knows nothing before the first look, then that it is there', async () => {
    const gate = Promise.withResolvers<void>();
    await watched(
      () => gate.promise,
      async (watch) => {
        expect(watch.reasons).toEqual(['the database has not answered yet']);
        gate.resolve();
        expect(await watch.firstLook).toBeUndefined();
        expect(watch.reasons).toEqual([]);
      },
    );
  });

  it('tells why it is away, and when it is back', async () => {
    let isAway = true;
    await watched(
      async () => {
        if (isAway) throw gone;
      },
      async (watch, { metrics }) => {
        expect(await watch.firstLook).toBe(gone);
        expect(watch.reasons).toEqual(['the database is away: the server is gone [DATABASE_UNREACHABLE]']);
        expect((await metrics.read()).text).toContain('holdfast_database_up 0\n');
        isAway = false;
        await turned(() => watch.reasons.length === 0);
        expect((await metrics.read()).text).toContain('holdfast_database_up 1\n');
      },
    );
  });

  it('believes who has seen a failure, and looks again at once', async () => {
    let looks = 0;
    await watched(
      async () => {
        looks += 1;
      },
      async (watch, { metrics }) => {
        await watch.firstLook;
        watch.suspect(new HoldfastError('REQUEST_INVALID', 'not its business'));
        watch.suspect(new HoldfastError('DATABASE_BUSY', 'a row is locked'));
        expect(watch.reasons).toEqual([]);
        const before = looks;
        watch.suspect(gone);
        expect(watch.reasons).toHaveLength(1);
        await turned(() => watch.reasons.length === 0);
        expect(looks).toBeGreaterThan(before);
        expect((await metrics.read()).text).toContain('holdfast_database_outages_total 1\n');
      },
    );
  });

  it('calls a database silent that does not answer', async () => {
    const gate = Promise.withResolvers<void>();
    let isSilent = false;
    await watched(
      () => (isSilent ? gate.promise : Promise.resolve()),
      async (watch) => {
        await watch.firstLook;
        isSilent = true;
        await turned(() => watch.reasons.includes('the database keeps silent'));
        gate.resolve();
        await turned(() => watch.reasons.length === 0);
      },
    );
  });
});
