/** A spool directory, a truth with one gateway and users who may connect to it, and the hook as a daemon calls it. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ingestSpool, parseEvent, type SpoolEvent, type SpoolReport } from '@holdfast/gateway-policy';
import { addGateway, migrate, openTruth, provisionConnection, type Truth } from '@holdfast/truth-db';
import { repository } from '../support/repository.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const hook = join(repository, 'apps/policy-reconcile/hooks/vpn-policy-hook');
export const hookGateway = 'gw1';

export interface HookRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Everything it said, on both streams. */
  readonly said: string;
  readonly tookMs: number;
}

export interface HookCall {
  /** All of its environment; empty by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it is called as; the hook itself by default. */
  readonly program?: string;
  /** Ends it with this signal when the promise resolves. */
  readonly killed?: { readonly by: NodeJS.Signals; readonly after: Promise<unknown> };
}

/** Runs the hook with exactly this environment. */
export async function runHook(args: readonly string[], call: HookCall = {}): Promise<HookRun> {
  const { env = {}, program = hook, killed } = call;
  const startMs = performance.now();
  const child = spawn(program, [...args], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  void killed?.after.then(() => child.kill(killed.by));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) =>
      resolve({ status, signal, said, tookMs: performance.now() - startMs }),
    );
  });
}

export interface HookWorld extends AsyncDisposable {
  readonly stateDir: string;
  readonly spool: string;
  readonly truth: Truth;
  readonly databaseUrl: string;
  /** Adds connections that log in with these names. @returns their ids */
  users(...names: readonly string[]): Promise<readonly number[]>;
  /** Names of the events that wait. */
  waiting(): readonly string[];
  /** The events that wait, parsed. */
  events(): readonly SpoolEvent[];
  ingest(more?: Partial<Parameters<typeof ingestSpool>[0]>): Promise<SpoolReport>;
  /** Held sessions as `user address`, sorted. */
  sessions(): Promise<readonly string[]>;
  /** Every row that an event could touch. */
  everything(): Promise<object>;
}

export async function hookWorld(): Promise<HookWorld> {
  await using cleanup = new AsyncDisposableStack();
  const directory = cleanup.use(await temporaryDirectory());
  const spool = join(directory.path, 'spool');
  mkdirSync(spool, { mode: 0o700 });
  const databaseUrl = `sqlite:${join(directory.path, 'truth.sqlite')}`;
  const truth = cleanup.use(openTruth(databaseUrl));
  await migrate(truth);
  await truth.transaction((trx) =>
    addGateway(trx, { name: hookGateway, layout: 'shared-device', device: 'tun0', shards: 4 }),
  );
  const opened = cleanup.move();
  const waiting = () => readdirSync(spool).filter((name) => name.endsWith('.event'));
  return {
    stateDir: directory.path,
    spool,
    truth,
    databaseUrl,
    users: (...names) =>
      truth.transaction(async (trx) => {
        const ids: number[] = [];
        for (const radiusUsername of names) {
          ids.push((await provisionConnection(trx, { at: Date.now(), radiusUsername, downKbit: 5_000 })).id);
        }
        return ids;
      }),
    waiting,
    events: () => waiting().map((name) => eventOf(join(spool, name))),
    ingest: (more) =>
      ingestSpool({
        truth,
        gateway: hookGateway,
        directory: spool,
        at: Date.now(),
        signal: new AbortController().signal,
        ...more,
      }),
    sessions: () => sessionsOf(truth),
    everything: async () => ({
      locks: await truth.db.selectFrom('active_session_locks').selectAll().execute(),
      ended: await truth.db.selectFrom('released_sessions').selectAll().execute(),
      triggers: await truth.db.selectFrom('policy_triggers').selectAll().execute(),
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The event in a file that has to be whole and private. */
export function eventOf(path: string): SpoolEvent {
  const mode = statSync(path).mode & 0o777;
  const parsed = parseEvent(readFileSync(path));
  if (parsed.kind === 'event' && mode === 0o600) return parsed.event;
  throw new Error(
    `${path} (${mode.toString(8)}): ${parsed.kind === 'malformed' ? parsed.because : 'not private'}`,
  );
}

async function sessionsOf(truth: Truth): Promise<readonly string[]> {
  const rows = await truth.db
    .selectFrom('active_session_locks')
    .innerJoin('vpn_connections', 'vpn_connections.id', 'vpn_connection_id')
    .select(['radius_username', 'framed_ip', 'framed_ipv6'])
    .where('state', '=', 'held')
    .execute();
  return rows
    .map(({ radius_username, framed_ip, framed_ipv6 }) =>
      [radius_username, framed_ip, framed_ipv6].filter((part) => part !== null).join(' '),
    )
    .toSorted();
}
