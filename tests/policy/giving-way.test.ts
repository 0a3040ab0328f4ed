/**
 * A reconcile that has much to write gives way to whoever brings news, between two parts of its work: the apply does what
 * its trigger asks for and leaves the rest, and the reconcile comes back for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  openPolicyContext,
  type PolicyContext,
  type PolicyRequest,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import { provisionConnection, startSession } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld, type Ran } from '../support/policy-world.ts';

/** More than two parts. */
const sessions = 2_000;

describe.each(['recorded', 'kernel'] as const)('a reconcile of the %s dataplane', (dataplane) => {
  it.skipIf(dataplane === 'kernel' && isMissing('root', 'nft'))(
    'lets an apply in after a part, which writes its own session only',
    { timeout: 60_000 },
    async () => {
      await using world = await policyWorld({ dataplane, shards: 16 });
      await connectMany(world, sessions);
      await using context = await contextOf(world);
      let applied: Promise<Ran> | undefined;
      const reconciled = await runPolicy(context, {
        ...reconcile,
        onStep: async (step) => {
          if (step !== 'nft' || applied !== undefined) return;
          const id = await world.connect(sessions + 1, 7_000);
          applied = world.run('apply', ['--reason', 'ip-up', '--connection', String(id)]);
          await waiting(context);
        },
      });
      expect(reconciled.report).toMatchObject({ outcome: 'applied' });
      expect(reconciled.report.yields).toBeGreaterThan(0);
      const { report } = (await applied) ?? {};
      // Nothing of the rest; nothing at all when the reconcile was quick enough to do it in its next part.
      expect(report?.changes.nft).toBeLessThanOrEqual(1);
      expect(report).toMatchObject({ rolledForward: false, covered: report?.trigger });
      const check = await world.run('reconcile', ['--check']);
      expect(check.report).toMatchObject({ outcome: 'unchanged', digest: await world.digest() });
    },
  );

  it.skipIf(dataplane === 'kernel' && isMissing('root', 'nft'))(
    'that dies after it gave way is completed by the next run',
    { timeout: 60_000 },
    async () => {
      await using world = await policyWorld({ dataplane, shards: 16 });
      await connectMany(world, sessions);
      await using context = await contextOf(world);
      const reconciled = world.start('reconcile', ['--once', '--force']);
      await appeared(join(world.stateDir, 'runs', `${gateway}.intent.json`));
      {
        await using _held = await context.runner.acquire(`policy:${gateway}`, { waitMs: 20_000 });
        await appeared(join(world.stateDir, 'runs', `${gateway}.paused.json`));
        reconciled.child.kill('SIGKILL');
        await reconciled.finished;
      }
      const applied = await world.run('apply', ['--force']);
      expect(applied.report).toMatchObject({ outcome: 'applied', rolledForward: true });
      const check = await world.run('reconcile', ['--check']);
      expect(check.report).toMatchObject({ outcome: 'unchanged', digest: await world.digest() });
    },
  );
});

const reconcile: PolicyRequest = {
  reason: 'timer',
  mode: 'apply',
  waitMs: 20_000,
  force: true,
  purpose: 'reconcile',
  signal: new AbortController().signal,
};

function contextOf(world: PolicyWorld): Promise<PolicyContext> {
  return openPolicyContext({
    stateDir: world.stateDir,
    database: undefined,
    gateway: undefined,
    dataplane: world.lab === undefined ? 'recorded' : 'kernel',
    netns: world.lab?.netns,
    device: undefined,
    observer: {},
  });
}

async function connectMany({ truth }: PolicyWorld, count: number): Promise<void> {
  await truth.transaction(async (trx) => {
    for (let host = 1; host <= count; host += 1) {
      const at = Date.now();
      const { id } = await provisionConnection(trx, { at, downKbit: 5_000 });
      const framedIp = `10.77.${host >> 8}.${host & 255}`;
      const session = { gateway, vpnConnectionId: id, sessionKey: `key-${host}`, framedIp };
      await startSession(trx, { ...session, at, expiresAt: at + 3_600_000 });
    }
  });
}

/** Whether somebody waits for the lock is seen in the kernel's list of waiters. */
async function waiting({ runner }: PolicyContext): Promise<void> {
  await until(async () => (await runner.who(`policy:${gateway}`)).waiters.length > 0);
}

async function appeared(path: string): Promise<void> {
  while (!existsSync(path)) await setTimeout(1);
}
