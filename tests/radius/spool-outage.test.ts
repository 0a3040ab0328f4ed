/** A database server that goes away under accounting, and comes back. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountingIntake } from '../../apps/radius-mapper/src/accounting/accounting-intake.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { accountingWorld, eventOf, mapperOn } from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };
const address = { framedIp: '10.8.0.7' };
const { signal } = new AbortController();

describe.skipIf(isMissing('mariadb'))('a MariaDB server that is killed', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadbServer({ isDurable: true });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('loses no accounting: it waits on disk and is applied in order', async () => {
    await using world = await accountingWorld({ database: await emptyDatabase(server), busyTimeoutMs: 0 });
    const id = await world.connection(phone.user);
    const holderToken = await world.login(id, phone);
    await server.kill();
    const life = (['start', 'interim', 'stop'] as const).map((kind) =>
      eventOf(kind, phone, { holderToken, ...address }),
    );
    for (const event of life) expect(await world.intake.take(event)).toBe('spooled');
    expect(await world.intake.drain(signal)).toBe('again');
    expect((await world.intake.spool.list()).length).toBe(3);
    await server.start();
    while ((await world.intake.drain(signal)) === 'again'); // its first connections may still be refused
    expect((await world.lock(id))?.state).toBe('released');
    expect(await world.triggers()).toEqual(['session-start', 'session-end']);
    expect(await world.intake.take(life[0] ?? eventOf('other', phone))).toBe('ignored');
  });
});

describe('a database server that takes connections and says nothing', () => {
  it('costs a NAS half of what FreeRADIUS waits, once', async () => {
    await using place = await temporaryDirectory();
    await using world = await accountingWorld();
    const socket = join(place.path, 'silent.sock');
    const silent = createServer(() => undefined).listen(socket);
    await once(silent, 'listening');
    const truth = openTruth(`mysql://root@localhost/holdfast?socket=${encodeURIComponent(socket)}`);
    const { clock, log } = world.mapper;
    let asked = 0;
    const counted = Object.assign(Object.create(truth) as typeof truth, {
      transaction: (fn: Parameters<typeof truth.transaction>[0]) => {
        asked += 1;
        return truth.transaction(fn);
      },
    });
    const settings = { clientTimeoutMs: 100 };
    const intake = new AccountingIntake(mapperOn(counted, { stateDir: place.path, clock, log, settings }));
    intake.spool.prepare();
    for (let taken = 0; taken < 20; taken += 1)
      expect(await intake.take(eventOf('start', phone, address))).toBe('spooled');
    expect(asked).toBe(1);
    silent.close();
  });
});
