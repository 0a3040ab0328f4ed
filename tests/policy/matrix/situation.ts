/**
 * One situation of the matrix, for real: a first run that stops at a step, others that arrive there, and all of them to their
 * end. A first `timer` runs in another process, as the daemon does beside commands.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { policyScope } from '@holdfast/gateway-policy/command';
import { gateway } from '../../support/policy-world.ts';
import type { Actor } from './actor-process.ts';
import type { MatrixWorld } from './matrix-world.ts';
import { type EndedRun, type Step, steppedRun } from './stepped-run.ts';
import { type Asked, change, leaveWork, type MatrixKind } from './trigger-kinds.ts';

export interface Situation {
  readonly runs: readonly [MatrixKind, ...MatrixKind[]];
  readonly step: Step;
  /** Of those that arrive, in milliseconds. */
  readonly waitMs: number;
  /** The first is killed where it stands. */
  readonly isKilled?: boolean;
}

export interface Ended {
  /** The first, which has none when it was killed, and the others in the order of their coming. */
  readonly first: EndedRun | undefined;
  readonly others: readonly EndedRun[];
  /** Readings of the whole dataplane by runs of this process, until the first stopped and after that. */
  readonly readings: { readonly untilStop: number; readonly afterwards: number };
}

/** No run of the matrix waits for so long; one that does hangs. */
export const patienceMs = 60_000;

/** @param actor - runs the first where it has to be another process */
export async function happen(
  world: MatrixWorld,
  { runs, step, waitMs, isKilled = false }: Situation,
  actor: Actor | undefined,
): Promise<Ended> {
  const [firstKind, ...otherKinds] = runs;
  await prepare(world, runs, isKilled);
  const asked = await change(firstKind, world.stock);
  const before = world.readings();
  const others: Promise<EndedRun>[] = [];
  let untilStop = 0;
  const arrive = async () => {
    untilStop = world.readings() - before;
    for (const [place, kind] of otherKinds.entries()) {
      const asking = Promise.withResolvers<void>();
      const other = start(world, await change(kind, world.stock), {
        waitMs,
        holder: `${kind}, no. ${place + 2}`,
        onStep: (reached) => {
          if (reached === 'planned') asking.resolve();
        },
      });
      others.push(other);
      await asking.promise;
      await hasEndedOrWaits(world, other, place + 1);
    }
  };
  const first =
    actor === undefined
      ? await runHere(world, asked, step, arrive)
      : await runThere(actor, { asked, step, isKilled }, arrive);
  const ended = await Promise.all(others);
  const afterwards = world.readings() - before - untilStop;
  return { first, others: ended, readings: { untilStop, afterwards } };
}

/** What every row stands on: sessions that are live, a memory that knows them, and work that nobody has done. */
async function prepare(world: MatrixWorld, runs: readonly MatrixKind[], isKilled: boolean): Promise<void> {
  const { stock } = world;
  const isShort = await stock.fill();
  const hasMemory = runs.some((kind) => kind === 'recorded' || kind === 'hook');
  if (isShort || hasMemory) {
    await stock.shape(true);
    await start(
      world,
      { reason: 'recorded', hasMemory: true },
      { waitMs: patienceMs, holder: 'the run before' },
    );
  }
  await leaveWork(stock, runs[0] !== 'timer' || isKilled);
}

/** The others are started from here and not from the step: a lock that the first holds is not theirs to enter. */
async function runHere(
  world: MatrixWorld,
  asked: Asked,
  step: Step,
  arrive: () => Promise<void>,
): Promise<EndedRun> {
  const stopped = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let hasStopped = false;
  const first = start(world, asked, {
    waitMs: patienceMs,
    holder: 'the first',
    onStep: async (reached) => {
      if (reached !== step || hasStopped) return;
      hasStopped = true;
      stopped.resolve();
      await gate.promise;
    },
  });
  await Promise.race([stopped.promise, first]);
  if (!hasStopped) throw new Error(`the first has not come to ${step}: ${JSON.stringify(await first)}`);
  await arrive();
  gate.resolve();
  return first;
}

async function runThere(
  actor: Actor,
  { asked, step, isKilled }: { readonly asked: Asked; readonly step: Step; readonly isKilled: boolean },
  arrive: () => Promise<void>,
): Promise<EndedRun | undefined> {
  actor.tell({ run: { asked, waitMs: patienceMs, stopAt: step } });
  const answer = await actor.hear();
  if (!('at' in answer)) throw new Error(`the first has not come to ${step}: ${JSON.stringify(answer)}`);
  await arrive();
  if (isKilled) {
    await actor.kill();
    return undefined;
  }
  actor.tell({ go: true });
  const end = await actor.hear();
  if (!('ran' in end)) throw new Error(`the first has not ended: ${JSON.stringify(end)}`);
  return end.ran;
}

function start(
  { context, memory }: MatrixWorld,
  asked: Asked,
  more: Pick<Parameters<typeof steppedRun>[0], 'waitMs' | 'holder' | 'onStep'>,
): Promise<EndedRun> {
  return steppedRun({ context, memory, asked, ...more });
}

/** Whoever waits is seen in the lists of waiters, this process's and the kernel's. */
async function hasEndedOrWaits(
  { context }: MatrixWorld,
  run: Promise<EndedRun>,
  waiters: number,
): Promise<void> {
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
  };
  run.then(end, end);
  while (!hasEnded) {
    const { waiters: waiting } = await context.runner.who(policyScope(gateway));
    if (waiting.length >= waiters) return;
    await delay(1);
  }
}
