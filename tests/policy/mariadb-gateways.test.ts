/**
 * Several gateways on one MariaDB, each with its own kernel: each applies only what is its own, and none waits for another, not
 * for its lock and not for its rows. So the others finish while one is held back in the middle of a run, and while the rows of
 * another are locked.
 */
import { openPolicyContext, runPolicy } from '@holdfast/gateway-policy/command';
import {
  addGateway,
  changeConnection,
  migrate,
  openTruth,
  provisionConnection,
  recordTrigger,
  startSession,
  type Truth,
} from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { createLab, type Lab, labDevice } from '../support/network-lab.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { shownByKernel, wantedBy } from './matrix/recomputed.ts';

const [heldBack, rowsLocked, ...free] = ['gw1', 'gw2', 'gw3', 'gw4'] as const;
const gateways = [heldBack, rowsLocked, ...free];
const sessionsOfEach = 4;
const appliesOfEach = 2;
const yearMs = 365 * 86_400_000;

describe.skipIf(isMissing('root', 'nft', 'mariadb'))('gateways on one MariaDB', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  it('apply at the same time, each its own, while one is held back and the rows of another are locked', async () => {
    await using world = await gatewaysWorld(await emptyDatabase(server));
    const { truth } = world;
    const inTheMiddle = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = world.runUntil(heldBack, 'nft', inTheMiddle.resolve, goOn.promise);
    await inTheMiddle.promise;

    const rowsFree = Promise.withResolvers<void>();
    const rowsTaken = Promise.withResolvers<void>();
    const writer = truth.transaction(async (trx) => {
      await recordTrigger(trx, { gateway: rowsLocked, reason: 'panel', at: Date.now() });
      rowsTaken.resolve();
      await rowsFree.promise;
    });
    await rowsTaken.promise;
    const waiting = world.apply(rowsLocked);

    const ends = await Promise.all(
      free.flatMap((gateway) => Array.from({ length: appliesOfEach }, () => world.apply(gateway))),
    );
    expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 0));
    for (const gateway of free) expect(world.shown(gateway)).toEqual(await world.wanted(gateway));
    // Nothing of it was of one whom they did not wait for.
    expect(await world.holderOf(heldBack)).toBe('held back');
    expect(() => world.shown(heldBack)).toThrow('nft');
    expect(() => world.shown(rowsLocked)).toThrow('nft');
    const { report } = await world.apply(heldBack, ['--lock-timeout', '0']);
    expect(report.outcome).toBe('locked');

    rowsFree.resolve();
    goOn.resolve();
    await writer;
    expect((await first).report.outcome).toBe('applied');
    expect((await waiting).report.outcome).toBe('applied');
    for (const gateway of gateways) {
      expect(world.shown(gateway)).toEqual(await world.wanted(gateway));
      expect(world.shown(gateway).classes).toBe(sessionsOfEach);
    }
    const again = await Promise.all(gateways.map((gateway) => world.apply(gateway)));
    expect(again.map(({ report: { outcome } }) => outcome)).toEqual(gateways.map(() => 'unchanged'));
  });
});

async function gatewaysWorld(database: string) {
  await using cleanup = new AsyncDisposableStack();
  const { path: stateDir } = cleanup.use(await temporaryDirectory());
  const truth = cleanup.use(openTruth(database));
  await migrate(truth);
  const labs = new Map<string, Lab>();
  for (const [place, name] of gateways.entries()) {
    labs.set(name, cleanup.use(createLab()));
    await addSessions(truth, name, place);
  }
  const labOf = (gateway: string) => {
    const lab = labs.get(gateway);
    if (lab === undefined) throw new Error(`no lab for ${gateway}`);
    return lab;
  };
  const open = (gateway: string) =>
    openPolicyContext({
      stateDir,
      database,
      gateway,
      dataplane: 'kernel',
      netns: labOf(gateway).netns,
      device: undefined,
      observer: {},
    });
  const opened = cleanup.move();
  return {
    truth,
    wanted: (gateway: string) => wantedBy(truth, gateway, Date.now()),
    shown: (gateway: string) => shownByKernel(labOf(gateway)),
    apply: async (gateway: string, args: readonly string[] = []) => {
      const flags = ['--json', '--state-dir', stateDir, '--database', database, '--gateway', gateway];
      const command = [bins.apply, ...flags, '--netns', labOf(gateway).netns, ...args];
      const ended = await startProcess(runtimes.node, command).finished;
      return { ...ended, report: JSON.parse(ended.stdout) };
    },
    /** A run of this process that waits at a step. */
    runUntil: async (gateway: string, step: string, there: () => void, goOn: Promise<void>) => {
      await using context = await open(gateway);
      return await runPolicy(context, {
        reason: 'manual',
        mode: 'apply',
        waitMs: 30_000,
        force: false,
        purpose: 'held back',
        signal: new AbortController().signal,
        onStep: async (reached) => {
          if (reached !== step) return;
          there();
          await goOn;
        },
      });
    },
    holderOf: async (gateway: string) => {
      await using context = await open(gateway);
      return (await context.runner.who(`policy:${gateway}`)).holder?.purpose;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Limited sessions, one of them restricted, with their triggers. */
async function addSessions(truth: Truth, gateway: string, place: number): Promise<void> {
  const at = Date.now();
  await truth.transaction((trx) =>
    addGateway(trx, { name: gateway, layout: 'shared-device', device: labDevice, shards: 4 }),
  );
  for (let host = 1; host <= sessionsOfEach; host += 1) {
    const id = await truth.transaction(async (trx) => {
      const user = { radiusUsername: `${gateway}-${host}`, downKbit: 1_000 * (place + 1) + host };
      const { id: vpnConnectionId } = await provisionConnection(trx, { at, ...user });
      const framedIp = `10.77.${place}.${host}`;
      const session = { gateway, vpnConnectionId, sessionKey: user.radiusUsername, framedIp };
      await startSession(trx, { ...session, at, expiresAt: at + yearMs });
      await recordTrigger(trx, { gateway, reason: 'ip-up', vpnConnectionId, at });
      return vpnConnectionId;
    });
    if (host > 1) continue;
    const event = { kind: 'restrict', reason: 'MANUAL' } as const;
    await changeConnection(truth, { vpnConnectionId: id, event, at });
  }
}
