/**
 * A stream of applies against a reconcile that never rests and always has work: whoever brings news waits for a part of the
 * reconcile and not for all of it, and the reconcile has its turns all the same.
 */
import { provisionConnection, startSession } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { counts, hangMs } from '../support/counts.ts';
import { type HoldInterval, overlaps } from '../support/hold-intervals.ts';
import { gateway } from '../support/policy-world.ts';
import { type Actor, startActor } from './matrix/actor-process.ts';
import { type MatrixWorld, matrixWorld } from './matrix/matrix-world.ts';
import { patienceMs } from './matrix/situation.ts';
import type { EndedRun } from './matrix/stepped-run.ts';
import type { Asked } from './matrix/trigger-kinds.ts';

/** Three parts of a reconcile. */
const sessions = 1_100;
/** Processes that apply, one run after the other. */
const lanes = 2;
describe('applies against a reconcile at full speed', { timeout: hangMs }, () => {
  it('wait for less than a reconcile takes, and let it have its turns', async () => {
    await using world = await matrixWorld({ dataplane: 'recorded' });
    await connectMany(world);
    await world.stock.fill();
    const place = { ...world, netns: undefined };
    await using actor = await startActor(place);
    const first = await runBy(actor, { reason: 'timer', hasMemory: false });
    const reconciles = keepBusy(actor, world);
    await using appliers = new AsyncDisposableStack();
    const actors = await Promise.all(Array.from({ length: lanes }, () => startActor(place)));
    for (const applier of actors) appliers.use(applier);
    const applies = (
      await Promise.all(
        actors.map(async (applier) => {
          const runs: EndedRun[] = [];
          for (let count = 0; count < counts.appliesAgainstReconcile / lanes; count += 1) {
            const connectionId = await world.stock.begin(false);
            runs.push(await runBy(applier, { reason: 'ip-up', connectionId, hasMemory: false }));
          }
          return runs;
        }),
      )
    ).flat();
    actor.tell({ enough: true });
    const looks = await reconciles;

    expect([...applies, ...looks].filter(({ exit }) => exit !== 0)).toEqual([]);
    const holds = [...applies, ...looks].flatMap((run) => run.holds);
    expect(overlaps(holds)).toEqual([]);
    const waits = applies.map(({ report }) => report.waitedMs).toSorted((one, other) => one - other);
    const facts = {
      applies: applies.length,
      reconciles: looks.length,
      gaveWay: looks.reduce((sum, { report }) => sum + report.yields, 0),
      coldMs: first.report.tookMs,
      longestReconcileMs: Math.max(...looks.map(({ report }) => report.tookMs)),
      longestPartMs: Math.round(longest(looks)),
      longestApplyMs: Math.round(longest(applies)),
      medianWaitMs: waits[Math.floor(waits.length / 2)],
      longestWaitMs: waits.at(-1) ?? 0,
      mostAppliesInARow: mostInARow(looks, applies),
      longestRestMs: Math.round(longestRest(looks)),
    };
    process.stderr.write(`starvation ${JSON.stringify(facts)}\n`);
    // Of one lane, the other may be served first; and a reconcile can be let in again before whoever waits has woken.
    expect(facts.longestWaitMs).toBeLessThan(
      3 * (facts.longestPartMs + lanes * facts.longestApplyMs) + 1_000,
    );
    expect(facts.reconciles).toBeGreaterThan(0);
    expect(facts.longestRestMs).toBeLessThan(30_000);
  });
});

async function connectMany({ truth }: MatrixWorld): Promise<void> {
  await truth.transaction(async (trx) => {
    for (let host = 1; host <= sessions; host += 1) {
      const at = Date.now();
      const { id } = await provisionConnection(trx, { at, downKbit: 900_000 + host });
      const framedIp = `10.70.${host >> 8}.${host & 255}`;
      const session = { gateway, vpnConnectionId: id, sessionKey: `many-${host}`, framedIp };
      await startSession(trx, { ...session, at, expiresAt: at + 3_600_000 });
    }
  });
}

async function runBy(actor: Actor, asked: Asked): Promise<EndedRun> {
  actor.tell({ run: { asked, waitMs: patienceMs } });
  const answer = await actor.hear();
  if (!('ran' in answer)) throw new Error(`not a run: ${JSON.stringify(answer)}`);
  return answer.ran;
}

/** A reconcile after the other, each with the rate of everybody changed. */
async function keepBusy(actor: Actor, { truth }: MatrixWorld): Promise<readonly EndedRun[]> {
  actor.tell({ loop: { asked: { reason: 'timer', hasMemory: false }, waitMs: patienceMs } });
  const runs: EndedRun[] = [];
  for (;;) {
    await sql`update vpn_connections set down_kbit = down_kbit - 1 where down_kbit > 800000`.execute(
      truth.db,
    );
    const answer = await actor.hear();
    if ('ran' in answer) runs.push(answer.ran);
    else if ('ready' in answer) return runs;
  }
}

function longest(runs: readonly EndedRun[]): number {
  return Math.max(0, ...runs.flatMap(({ holds }) => holds).map(({ fromMs, untilMs }) => untilMs - fromMs));
}

/** From a turn of the reconcile to its next. */
function longestRest(looks: readonly EndedRun[]): number {
  const turns = looks.flatMap(({ holds }) => holds);
  return Math.max(0, ...turns.map(({ fromMs }, place) => fromMs - (turns[place - 1]?.untilMs ?? fromMs)));
}

/** How many applies had the lock between two turns of the reconcile, at the most. */
function mostInARow(looks: readonly EndedRun[], applies: readonly EndedRun[]): number {
  const turns = (runs: readonly EndedRun[], isLook: boolean) =>
    runs.flatMap(({ holds }) => holds).map(({ fromMs }: HoldInterval) => ({ fromMs, isLook }));
  const order = [...turns(looks, true), ...turns(applies, false)].toSorted(
    (one, other) => one.fromMs - other.fromMs,
  );
  let [most, row] = [0, 0];
  for (const { isLook } of order.slice(
    order.findIndex((turn) => turn.isLook),
    order.findLastIndex((turn) => turn.isLook),
  )) {
    row = isLook ? 0 : row + 1;
    most = Math.max(most, row);
  }
  return most;
}
