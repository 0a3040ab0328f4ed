/**
 * A MariaDB server that is killed, again and again, while processes make transactions. Each transaction provisions one
 * connection with a label of its own, so a lost one is a label that is missing and one made twice is a label that is there
 * twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addGateway, migrate, openTruth, schemaStatus, type Truth } from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { startTruthProcess, type TruthProcess } from './truth-process.ts';

const processes = 3;

/** A guard against a hang only: in a soak the server is killed often. */
const timeout = 900_000;

describe.skipIf(isMissing('mariadb'))('a database server that is killed', { timeout }, () => {
  let server: MariadbServer;
  let url: string;
  let truth: Truth;
  const started: TruthProcess[] = [];

  beforeAll(async () => {
    server = await startMariadbServer({ isDurable: true });
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    url = await emptyDatabase(server);
    truth = openTruth(url, { busyTimeoutMs: 60_000 });
  });

  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    await truth.close();
  });

  it('under a load of transactions loses none that was acknowledged, and makes none twice', async () => {
    await migrate(truth);
    await truth.transaction((trx) => addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' }));
    for (let place = 0; place < processes; place += 1)
      started.push(await startTruthProcess(url, 'load', `p${place}`));
    const ends = started.map((child) => child.go());
    await everybodyIsAtIt(truth);
    for (let kill = 0; kill < counts.serverKills; kill += 1) {
      await untilAdded(truth, processes * 5);
      await server.kill();
      await server.start();
    }
    for (const child of started) child.enough();
    const acknowledged: string[] = [];
    for (const end of await Promise.all(ends)) {
      expect(end, end.stderr).toMatchObject({ exit: 0 });
      acknowledged.push(...(end.result as string[]));
    }
    const rows = await truth.db.selectFrom('vpn_connections').select('label').execute();
    expect(rows.map(({ label }) => label).toSorted()).toEqual(acknowledged.toSorted());
    const triggers = await truth.db.selectFrom('policy_triggers').select('id').orderBy('id').execute();
    expect(triggers.map(({ id }) => id)).toEqual(acknowledged.map((_label, index) => index + 1));
  });

  it('in the middle of a migration leaves one that the next call completes', async () => {
    for (let kill = 0; kill < counts.serverKills; kill += 1) {
      const migrating = openTruth(url, { busyTimeoutMs: 0 });
      const ended = migrate(migrating).catch(() => undefined);
      await delay(40 + (kill % 10) * 30); // wherever that is
      await server.kill();
      await ended;
      await migrating.close();
      await server.start();
    }
    await migrate(truth);
    expect((await schemaStatus(truth)).pending).toEqual([]);
  });
});

/** A process that has never reached the server would rightly give up when it is away. */
async function everybodyIsAtIt(truth: Truth): Promise<void> {
  const first = Array.from({ length: processes }, (_value, place) => `p${place}-0`);
  for (;;) {
    const rows = await truth.db
      .selectFrom('vpn_connections')
      .select('label')
      .where('label', 'in', first)
      .execute();
    if (rows.length === first.length) return;
    await delay(10);
  }
}

async function untilAdded(truth: Truth, count: number): Promise<void> {
  const wanted = (await countLabels(truth)) + count;
  while ((await countLabels(truth)) < wanted) await delay(10);
}

async function countLabels(truth: Truth): Promise<number> {
  const row = await truth.db
    .selectFrom('vpn_connections')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}
