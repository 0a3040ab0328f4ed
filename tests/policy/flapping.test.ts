/**
 * A connection that is restricted and set free, and an address that goes up and down, while applies of several processes
 * overlap: one writer at a time, and the last word is truth's.
 */
import { changeConnection, endSession, recordTrigger, startSession, type Truth } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { counts, hangMs } from '../support/counts.ts';
import type { HoldInterval } from '../support/hold-intervals.ts';
import { isMissing } from '../support/needs.ts';
import { gateway } from '../support/policy-world.ts';
import { type Actor, startActor } from './matrix/actor-process.ts';
import { expectSettled } from './matrix/expect-settled.ts';
import { sampleKernel } from './matrix/kernel-sampler.ts';
import { matrixWorld, openMatrixContext } from './matrix/matrix-world.ts';
import { patienceMs } from './matrix/situation.ts';
import { type EndedRun, steppedRun } from './matrix/stepped-run.ts';
import type { Asked } from './matrix/trigger-kinds.ts';

/** Of this process, at once: each with a context and a memory of its own, as if it were another command. */
const lanes = 3;

describe.each([
  { dataplane: 'recorded', isSkipped: false, toggles: counts.flaps },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft'), toggles: counts.kernelFlaps },
] as const)(
  'flapping on the $dataplane dataplane',
  { timeout: hangMs },
  ({ dataplane, isSkipped, toggles }) => {
    it.skipIf(isSkipped)('ends where truth is, and no two runs ever write at once', async () => {
      await using world = await matrixWorld({ dataplane });
      const place = { ...world, netns: world.lab?.netns };
      await world.stock.fill();
      await using sampler =
        place.netns === undefined ? undefined : await sampleKernel({ ...place, netns: place.netns });
      await using daemon = await startActor(place);
      const daemonRuns = loopOf(daemon, { reason: 'timer', hasMemory: false });
      const changes = toggled(world.truth, await world.stock.begin(true), await world.stock.begin(true));
      let left = toggles;
      const ran = await Promise.all(
        Array.from({ length: lanes }, async (_, lane) => {
          await using opened = (await openMatrixContext(place)).context;
          const runs: EndedRun[] = [];
          while (left > 0) {
            left -= 1;
            const asked = await changes();
            const run = { context: opened, memory: world.memory, asked, waitMs: patienceMs };
            runs.push(await steppedRun({ ...run, holder: `${asked.reason} of lane ${lane}` }));
          }
          return runs;
        }),
      );
      daemon.tell({ enough: true });
      const runs = [...ran.flat(), ...(await daemonRuns)];
      const ends = Map.groupBy(runs, ({ report }) => report.outcome);
      expect([...ends.keys()].filter((end) => !['applied', 'unchanged', 'joined'].includes(end))).toEqual([]);
      expect(runs.filter(({ exit }) => exit !== 0)).toEqual([]);
      expect(world.shown()).toEqual(await world.wanted());
      const holds: readonly HoldInterval[] = runs.flatMap((run) => run.holds);
      await expectSettled(world, holds, `${toggles} toggles`);
      expect((await sampler?.seen())?.missing ?? []).toEqual([]);
    });
  },
);

/** Every run of the loop, until it was told that it is enough. */
async function loopOf(actor: Actor, asked: Asked): Promise<readonly EndedRun[]> {
  actor.tell({ loop: { asked, waitMs: patienceMs } });
  const runs: EndedRun[] = [];
  for (;;) {
    const answer = await actor.hear();
    if ('ran' in answer) runs.push(answer.ran);
    else if ('ready' in answer) return runs;
  }
}

/** In turn: one connection is restricted or set free, and the session of another ends or begins at the same address. */
function toggled(truth: Truth, restricted: number, moving: number): () => Promise<Asked> {
  let [isRestricted, isUp, isOther] = [false, true, false];
  return async () => {
    isOther = !isOther;
    if (isOther) {
      isRestricted = !isRestricted;
      const event = { kind: isRestricted ? 'restrict' : 'unrestrict', reason: 'MANUAL' } as const;
      await changeConnection(truth, { vpnConnectionId: restricted, event, at: Date.now() });
      return { reason: 'panel', connectionId: restricted, hasMemory: false };
    }
    isUp = !isUp;
    const [at, reason] = [Date.now(), isUp ? 'ip-up' : 'ip-down'] as const;
    await truth.transaction(async (trx) => {
      if (isUp) {
        const session = { gateway, vpnConnectionId: moving, sessionKey: 'key-moving', framedIp: '10.99.0.1' };
        await startSession(trx, { ...session, at, expiresAt: at + 3_600_000 });
      } else {
        await endSession(trx, { vpnConnectionId: moving, reason: 'user-request', at });
      }
      await recordTrigger(trx, { gateway, reason, vpnConnectionId: moving, at });
    });
    return { reason, connectionId: moving, hasMemory: false };
  };
}
