/**
 * One address, two sessions, one after the other, and their events in every order and twice, each followed by an apply while
 * another one overlaps: the address ends with the session that began last.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ingestSpool } from '@holdfast/gateway-policy';
import { provisionConnection } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { hangMs, isSoak } from '../support/counts.ts';
import { overlaps } from '../support/hold-intervals.ts';
import { gateway } from '../support/policy-world.ts';
import { leftovers } from './matrix/expect-settled.ts';
import { type MatrixWorld, matrixWorld } from './matrix/matrix-world.ts';
import { patienceMs } from './matrix/situation.ts';
import { type EndedRun, steppedRun } from './matrix/stepped-run.ts';

/** In the order in which they happened. */
const events = ['up of the first', 'down of the first', 'up of the second'] as const;
type EventName = (typeof events)[number];

const orders = permutations(events).flatMap((order) => [
  order,
  [...order, ...order],
  [...order, ...order.toReversed()],
]);

describe('events of an address that is used again', { timeout: hangMs }, () => {
  it.each(
    orders
      .filter((_, place) => isSoak || place % 2 === 0)
      .map((order) => ({ order, words: order.join(', ') })),
  )('as $words leave it to the session that began last', async ({ order }) => {
    await using world = await matrixWorld({ dataplane: 'recorded' });
    await addUsers(world);
    const runs: Promise<EndedRun>[] = [];
    for (const [place, name] of order.entries()) {
      await tell(world, name, place);
      // Not waited for: the next event comes while it runs.
      runs.push(run(world, `after event ${place}`));
    }
    const ended = await Promise.all(runs);
    expect(ended.filter(({ exit }) => exit !== 0)).toEqual([]);
    expect(overlaps(ended.flatMap(({ holds }) => holds))).toEqual([]);
    expect(world.shown()).toEqual({ restricted: [], limits: ['10.80.0.1 down 2000 kbit'], classes: 1 });
    expect(world.shown()).toEqual(await world.wanted());
    expect(leftovers(world)).toEqual([]);
  });
});

async function addUsers({ truth }: MatrixWorld): Promise<void> {
  await truth.transaction(async (trx) => {
    await provisionConnection(trx, { at: Date.now(), radiusUsername: 'first', downKbit: 1_000 });
    await provisionConnection(trx, { at: Date.now(), radiusUsername: 'second', downKbit: 2_000 });
  });
}

/** As a hook leaves it, with the time at which it happened: not that of its coming. */
async function tell({ truth, stateDir }: MatrixWorld, name: EventName, place: number): Promise<void> {
  const [verb = '', , , user = ''] = name.split(' ');
  const values = {
    v: 1,
    source: 'pppd',
    verb,
    user,
    session: `${user}.0`,
    boot: 'b'.repeat(32),
    uptime: `${100 + events.indexOf(name)}.00`,
    framed_ip: '10.80.0.1',
  };
  const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  const directory = join(stateDir, 'spool');
  writeFileSync(join(directory, `${place}.event`), text.join(''), { mode: 0o600 });
  const { signal } = new AbortController();
  await ingestSpool({ truth, gateway, directory, at: Date.now(), signal });
}

function run({ context, memory }: MatrixWorld, holder: string): Promise<EndedRun> {
  const asked = { reason: 'recorded', hasMemory: true } as const;
  return steppedRun({ context, memory, asked, waitMs: patienceMs, holder });
}

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
