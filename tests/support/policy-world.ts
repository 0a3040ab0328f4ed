/**
 * A gateway to test on: a state directory with a truth of its own, and one of the two dataplanes. Truth is changed through
 * the library, the commands run as real processes.
 */
import { join } from 'node:path';
import { desiredState, digestOf } from '@holdfast/gateway-policy';
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import {
  addGateway,
  changeConnection,
  changeWithTrigger,
  endSession,
  migrate,
  openTruth,
  provisionConnection,
  readGatewaySnapshot,
  recordTrigger,
  setRate,
  startSession,
  type Truth,
} from '@holdfast/truth-db';
import { createLab, type Lab, labDevice } from './network-lab.ts';
import { bins, runtimes } from './repository.ts';
import { type Finished, type Running, startProcess } from './run-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const gateway = 'gw1';

const yearMs = 365 * 86_400_000;

export interface PolicyWorld extends AsyncDisposable {
  readonly stateDir: string;
  readonly truth: Truth;
  /** Undefined on the recorded dataplane. */
  readonly lab: Lab | undefined;
  /** Flags that every command of this world needs. */
  readonly flags: readonly string[];
  /** Adds a connection with a live session, with its trigger. @returns its id */
  connect(host: number, downKbit: number | null): Promise<number>;
  disconnect(connectionId: number): Promise<void>;
  restrict(connectionId: number, isRestricted: boolean): Promise<void>;
  shape(connectionId: number, downKbit: number): Promise<void>;
  start(bin: keyof typeof bins, args?: readonly string[], runtime?: keyof typeof runtimes): Running;
  /** Runs with `--json`. */
  run(bin: 'apply' | 'reconcile', args?: readonly string[], runtime?: keyof typeof runtimes): Promise<Ran>;
  /** Digest of what truth says now, computed apart from any run. */
  digest(): Promise<string>;
}

export interface Ran extends Finished {
  readonly report: PolicyReport;
}

export interface PolicyWorldOptions {
  readonly dataplane: 'kernel' | 'recorded';
  readonly shards?: number;
  /** URL of an empty database. Default: a SQLite file in the state directory. */
  readonly database?: string;
}

export async function policyWorld(options: PolicyWorldOptions): Promise<PolicyWorld> {
  const { dataplane, shards = 4, database } = options;
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await temporaryDirectory());
  const lab = dataplane === 'kernel' ? cleanup.use(createLab()) : undefined;
  const truth = cleanup.use(openTruth(database ?? `sqlite:${join(directory.path, 'truth.sqlite')}`));
  await migrate(truth);
  await truth.transaction((trx) =>
    addGateway(trx, { name: gateway, layout: 'shared-device', device: labDevice, shards }),
  );
  const place = lab === undefined ? ['--dataplane', 'recorded'] : ['--netns', lab.netns];
  const where = database === undefined ? [] : ['--database', database];
  const flags = ['--state-dir', directory.path, ...place, ...where];
  const start: PolicyWorld['start'] = (bin, args = [], runtime = 'node') =>
    startProcess(runtimes[runtime], [bins[bin], ...flags, ...args]);
  const opened = cleanup.move();
  return {
    ...changes(truth),
    stateDir: directory.path,
    truth,
    lab,
    flags,
    start,
    run: async (bin, args = [], runtime) =>
      withReport(await start(bin, ['--json', ...args], runtime).finished),
    digest: async () => {
      const snapshot = await readGatewaySnapshot(truth, gateway, Date.now());
      if (snapshot === undefined) throw new Error('the gateway is gone');
      return digestOf(desiredState(snapshot));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Changes of truth as an app makes them: the change and its trigger in one transaction. */
export function changes(truth: Truth): Pick<PolicyWorld, 'connect' | 'disconnect' | 'restrict' | 'shape'> {
  const trigger = (reason: string, vpnConnectionId?: number) => ({
    gateway,
    reason,
    vpnConnectionId,
    at: Date.now(),
  });
  return {
    connect: (host, downKbit) =>
      truth.transaction(async (trx) => {
        const at = Date.now();
        const { id } = await provisionConnection(trx, { at, downKbit, radiusUsername: `user-${host}` });
        const framedIp = `10.77.${Math.floor(host / 256)}.${host % 256}`;
        const session = { gateway, vpnConnectionId: id, sessionKey: `key-${host}`, framedIp };
        await startSession(trx, { ...session, at, expiresAt: at + yearMs });
        await recordTrigger(trx, trigger('ip-up', id));
        return id;
      }),
    disconnect: async (id) => {
      await changeWithTrigger(truth, trigger('ip-down', id), (trx) =>
        endSession(trx, { vpnConnectionId: id, reason: 'user-request', at: Date.now() }),
      );
    },
    restrict: async (id, isRestricted) => {
      const event = { kind: isRestricted ? 'restrict' : 'unrestrict', reason: 'MANUAL' } as const;
      await changeConnection(truth, { vpnConnectionId: id, event, at: Date.now() });
    },
    shape: async (id, downKbit) => {
      await changeWithTrigger(truth, trigger('panel', id), (trx) =>
        setRate(trx, id, { downKbit, upKbit: null }),
      );
    },
  };
}

function withReport(finished: Finished): Ran {
  try {
    return { ...finished, report: JSON.parse(finished.stdout) as PolicyReport };
  } catch (cause) {
    throw new Error(`no report (status ${finished.status}): ${finished.stdout}${finished.stderr}`, { cause });
  }
}
