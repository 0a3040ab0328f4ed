/** What the panel shows of gateways: of those of this machine, of others, and when something cannot be looked at. */
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, silentLog, systemClock } from '@holdfast/base';
import { openPolicyContext, runPolicy } from '@holdfast/gateway-policy/command';
import { LockRunner } from '@holdfast/lock-runner';
import { gatewayDetailSchema, gatewaysSchema, kernelSchema } from '@holdfast/panel-client/schema';
import {
  addGateway,
  migrate,
  openTruth,
  provisionConnection,
  recordTrigger,
  startSession,
  type Truth,
} from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { GatewayView } from './gateway-view.ts';

const at = '2026-01-02T03:04:05.678Z';
let stateDir: string;
let truth: Truth;
let daemon: Server;
/** What the daemon answers with, and how often it was asked for a kernel. */
let told: object;
/** An answer of another daemon, or version of it, when undefined. */
let standing: object | undefined;
let asked: number;
let warn: Mock<Log['warn']>;
let view: GatewayView;

/** Two gateways without a session: every test begins with a copy of them. */
let template: string;

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'holdfast-view-'));
  await using empty = openTruth(`sqlite:${join(template, 'truth.sqlite')}`);
  await migrate(empty);
  await empty.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw1', layout: 'shared-device', device: 'tun0' });
    await addGateway(trx, { name: 'gw2', layout: 'per-interface', device: 'ppp' });
  });
});

afterAll(() => rmSync(template, { recursive: true }));

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'holdfast-view-'));
  cpSync(template, stateDir, { recursive: true });
  truth = openTruth(`sqlite:${join(stateDir, 'truth.sqlite')}`);
  told = { kind: 'unread', gateway: 'gw1', at, because: 'LOCK_BUSY' };
  standing = { gateway: 'gw1', runs: [], lock: null };
  asked = 0;
  daemon = createServer(({ url }, response) => {
    if (url === '/kernel') asked += 1;
    response.end(JSON.stringify(url === '/kernel' ? told : standing));
  }).listen(0, '127.0.0.1');
  await once(daemon, 'listening');
  const address = daemon.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  warn = vi.fn<Log['warn']>();
  view = new GatewayView({
    truth,
    stateDir,
    reconcile: { kind: 'tcp', host: '127.0.0.1', port },
    clock: systemClock,
    log: { ...silentLog, warn },
  });
});

afterEach(async () => {
  daemon.closeAllConnections();
  daemon.close();
  await truth.close();
  rmSync(stateDir, { recursive: true });
});

async function connect(hoursLeft: number): Promise<void> {
  const now = Date.now();
  await truth.transaction(async (trx) => {
    const { id } = await provisionConnection(trx, { at: now, downKbit: 1_000 });
    const session = {
      gateway: 'gw1',
      vpnConnectionId: id,
      sessionKey: `key-${id}`,
      framedIp: `10.0.0.${id}`,
    };
    await startSession(trx, { ...session, at: now, expiresAt: now + hoursLeft * 3_600_000 });
    await recordTrigger(trx, { gateway: 'gw1', reason: 'ip-up', vpnConnectionId: id, at: now });
  });
}

async function run(): Promise<void> {
  const place = { stateDir, database: undefined, netns: undefined, device: undefined, observer: {} };
  await using context = await openPolicyContext({ ...place, gateway: 'gw1', dataplane: 'recorded' });
  const signal = new AbortController().signal;
  await runPolicy(context, {
    reason: 'timer',
    mode: 'apply',
    waitMs: 1_000,
    force: false,
    purpose: 'a run',
    signal,
  });
}

describe('the list of gateways', () => {
  it('tells those that have never run', async () => {
    const items = await view.list();
    expect(gatewaysSchema.parse({ items })).toEqual({ items });
    expect(items).toMatchObject([
      { name: 'gw1', layout: 'shared-device', device: 'tun0', sessions: 0, newestTrigger: 0, covered: 0 },
      { name: 'gw2', layout: 'per-interface', lastOutcome: null, lastRunAt: null, lastTookMs: null },
    ]);
  });

  it('counts sessions that are held and not over, and tells how far the last run has got', async () => {
    for (const hoursLeft of [1, 1, -1]) await connect(hoursLeft);
    await run();
    await connect(1);
    const [gw1, gw2] = await view.list();
    expect(gatewaysSchema.parse({ items: [gw1, gw2] })).toBeDefined();
    expect(gw1).toMatchObject({ sessions: 3, lastOutcome: 'applied', lastTookMs: expect.any(Number) });
    expect((gw1?.newestTrigger ?? 0) - (gw1?.covered ?? 0)).toBe(1);
    expect(gw2).toMatchObject({ sessions: 0, covered: 0 });
  });

  it('is refused when truth is away', async () => {
    await truth.db.schema.dropTable('gateway_state').execute();
    await expect(view.list()).rejects.toThrow();
  });
});

/** A run as the daemon tells it, which no run of the tests is. */
const aRun = {
  endedAt: at,
  outcome: 'failed',
  reason: 'timer',
  covered: null,
  rolledForward: false,
  changes: { nft: 0, tc: 0 },
  tookMs: 7,
  error: { code: 'LOCK_BUSY', message: 'policy:gw1 is held' },
} as const;
const aLock = {
  scope: 'policy:gw1',
  holder: { pid: 7, host: 'gateway', purpose: 'a build', sinceMs: 3_000 },
  waiters: [{ pid: 8, host: 'gateway', purpose: null, sinceMs: null }],
} as const;

describe('the detail of a gateway', () => {
  it('has what its daemon tells, whatever the files here say', async () => {
    await run();
    standing = { gateway: 'gw1', runs: [aRun], lock: aLock };
    const detail = await view.detail('gw1');
    expect(gatewayDetailSchema.parse(detail)).toEqual(detail);
    expect(detail).toMatchObject({ runs: [aRun], lock: aLock });
  });

  it('lacks what its daemon cannot read', async () => {
    standing = { gateway: 'gw1', runs: null, lock: null };
    expect(await view.detail('gw1')).toMatchObject({ runs: [], lock: null });
  });

  it('of another gateway than that of the daemon has neither runs nor lock', async () => {
    standing = { gateway: 'gw1', runs: [aRun], lock: aLock };
    expect(await view.detail('gw2')).toMatchObject({ name: 'gw2', runs: [], lock: null });
    standing = { gateway: null, runs: null, lock: null };
    expect(await view.detail('gw2')).toMatchObject({ runs: [], lock: null });
    expect(warn).not.toHaveBeenCalled();
  });

  it('has neither runs nor lock when no daemon of this version answers, which the log tells once', async () => {
    await run();
    standing = undefined;
    expect(await view.detail('gw1')).toMatchObject({ runs: [], lock: null });
    await view.detail('gw1');
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('the detail of a gateway whose daemon is away', () => {
  beforeEach(() => {
    daemon.close();
  });

  it('has its runs, the newest first, and who has its lock, from the files', async () => {
    await connect(1);
    await run();
    await run();
    const runner = new LockRunner({ directory: join(stateDir, 'locks') });
    const detail = await runner.run('policy:gw1', { purpose: 'a test' }, () => view.detail('gw1'));
    await runner.close();
    expect(gatewayDetailSchema.parse(detail)).toEqual(detail);
    expect(detail?.runs.map(({ outcome }) => outcome)).toEqual(['unchanged', 'applied']);
    expect(detail?.lock).toMatchObject({
      scope: 'policy:gw1',
      holder: { pid: process.pid, purpose: 'a test' },
      waiters: [],
    });
    expect((await view.detail('gw1'))?.lock).toMatchObject({ holder: null, waiters: [] });
  });

  it('of another machine has neither runs nor lock', async () => {
    await run();
    expect(await view.detail('gw2')).toMatchObject({ name: 'gw2', runs: [], lock: null });
  });

  it('does not fail with a history that is damaged, and tells the log once', async () => {
    await run();
    writeFileSync(join(stateDir, 'runs', 'gw1.json'), 'not a document');
    rmSync(join(stateDir, 'runs', 'gw1.json.last-good'), { force: true });
    expect(await view.detail('gw1')).toMatchObject({ runs: [], lock: { holder: null } });
    await view.detail('gw1');
    const codes = warn.mock.calls.map(([facts]) => (facts as { readonly code: string }).code);
    expect(codes).toEqual(['RECONCILE_UNREACHABLE', 'DOCUMENT_INVALID']);
  });
});

describe('a gateway', () => {
  it('that truth does not have is none, and nobody is asked for it', async () => {
    expect(await view.detail('gw3')).toBeUndefined();
    expect(await view.kernel('gw3')).toBeUndefined();
    expect(asked).toBe(0);
  });
});

describe('the kernel of a gateway', () => {
  it('is what its daemon tells, asked once for all who look', async () => {
    const kernels = await Promise.all([view.kernel('gw1'), view.kernel('gw1'), view.kernel('gw1')]);
    expect(kernels).toEqual(new Array(3).fill({ kind: 'unread', at, because: 'LOCK_BUSY' }));
    expect(asked).toBe(1);
  });

  it('of another gateway is never shown', async () => {
    const kernel = await view.kernel('gw2');
    expect(kernelSchema.parse(kernel)).toMatchObject({ kind: 'unread', because: 'RECONCILE_ELSEWHERE' });
  });

  it('of a daemon that has read one and does not say which is never shown', async () => {
    const counts = { restricted: 0, shaped: 0, classes: 0 };
    const states = { dataplane: 'kernel', nft: 'intact', tc: 'intact' };
    const lists = { restricted: [], classes: [], drift: [], driftTotal: 0 };
    told = { kind: 'read', gateway: null, at, ...states, counts, ...lists };
    expect(await view.kernel('gw1')).toMatchObject({ kind: 'unread', because: 'RECONCILE_ELSEWHERE' });
  });

  it('of a daemon that does not know its gateway yet is unread, for its reason', async () => {
    told = { kind: 'unread', gateway: null, at, because: 'DATABASE_UNREACHABLE' };
    expect(await view.kernel('gw2')).toMatchObject({ kind: 'unread', because: 'DATABASE_UNREACHABLE' });
  });

  it('is unread without a daemon, which the log tells once', async () => {
    daemon.close();
    const kernel = await view.kernel('gw1');
    expect(kernelSchema.parse(kernel)).toMatchObject({ kind: 'unread', because: 'RECONCILE_UNREACHABLE' });
    await view.kernel('gw1');
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
