/**
 * diff → write → verify, until the actual state is the desired one.
 *
 * Verification is the next reading: the state is right when a fresh diff is empty. So there is one way to compare; a
 * write that failed, one that succeeded and then reported failure, and one that somebody else undid are treated alike,
 * and each retry starts from what is really there.
 */
import { backoff, type Clock, type Held, HoldfastError, isHoldfastError } from '@holdfast/base';
import type { CycleStep } from './cycle-step.ts';
import type { EffectStages } from './stages.ts';

/** Retry figures of DESIGN §6: at most 10 tries, 5 ms doubling to 2 s with full jitter, inside the budget. */
export const convergeTries = 10;
export const convergeBackoff = { initialMs: 5, maxMs: 2_000, jitter: 'full' } as const;

export interface ConvergeOptions<Desired> {
  readonly desired: Desired;
  readonly covers: number;
  readonly held: Held;
  /** False for a check or a dry run: the first diff is the result. */
  readonly mayWrite: boolean;
  /** Whether the lock is given up between two parts when somebody of higher priority waits for it. */
  readonly mayYield: boolean;
  /** Default `convergeTries`. */
  readonly tries?: number;
  /** Limit of all retries together, in milliseconds. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly reached: (step: CycleStep) => void | Promise<void>;
}

export interface Convergence<Changes> {
  /** What differed when the lock was taken. */
  readonly changes: Changes;
  /** 'yielded': somebody else has to have the lock, and what was written so far is right. */
  readonly outcome: 'unchanged' | 'pending' | 'applied' | 'yielded';
  /** How many times something was written. */
  readonly tries: number;
}

/**
 * @throws HoldfastError VERIFY_FAILED - the state still differs after the last try; the details list the drift
 * @throws HoldfastError of a write, when it cannot be retried or the last try ended with it
 */
export async function converge<Desired, Actual, Changes, Drift>(
  stages: EffectStages<Desired, Actual, Changes, Drift>,
  options: ConvergeOptions<Desired>,
): Promise<Convergence<Changes>> {
  const { held, reached } = options;
  const look = async () => {
    held.signal.throwIfAborted();
    const actual = await stages.readActual(held, options.desired);
    return { actual, changes: stages.diff(options.desired, actual) };
  };
  const { actual, changes } = await look();
  await reached('diffed');
  if (stages.isEmpty(changes)) return { changes, outcome: 'unchanged', tries: 0 };
  if (!options.mayWrite) return { changes, outcome: 'pending', tries: 0 };
  await stages.guard(changes, actual, options.desired);
  await stages.intent.open(held, options.covers);
  await reached('intent');

  let rest = changes;
  let failure: HoldfastError | undefined;
  let tried = 0;
  for await (const tries of attempts(options)) {
    tried = tries;
    const toWrite = rest;
    let isWhole = true;
    failure = await writeOnce(async () => {
      isWhole = await writeParts(stages, toWrite, options);
    });
    if (!isWhole) return { changes, outcome: 'yielded', tries };
    await reached('written');
    rest = (await look()).changes;
    if (stages.isEmpty(rest)) return { changes, outcome: 'applied', tries };
  }
  throw failure ?? notConverged(stages.drift(rest), tried);
}

/**
 * Writes one part after the other. Each is verified by its write, and the first is always written: who yields before it
 * has done something would never come to an end.
 *
 * @returns false when it stopped between two parts, because somebody waits
 */
async function writeParts<Desired, Changes>(
  stages: Pick<EffectStages<Desired, never, Changes, never>, 'write' | 'partsOf'>,
  changes: Changes,
  { held, desired, mayYield }: ConvergeOptions<Desired>,
): Promise<boolean> {
  const parts = mayYield ? (stages.partsOf?.(changes) ?? [changes]) : [changes];
  let isFirst = true;
  for (const part of parts) {
    if (!isFirst && held.contended()) return false;
    isFirst = false;
    await stages.write(part, held, desired);
  }
  return true;
}

/** Numbers the tries from 1 and waits between them; ends when tries or budget are used up. */
async function* attempts({
  clock,
  held,
  budgetMs,
  tries: most = convergeTries,
}: ConvergeOptions<unknown>): AsyncGenerator<number, void, void> {
  const deadlineMs = clock.monotonicMs() + budgetMs;
  const delays = backoff(convergeBackoff);
  for (let tries = 1; tries <= most; tries += 1) {
    yield tries;
    if (tries === most) return;
    const delayMs = delays.next().value;
    if (clock.monotonicMs() + delayMs > deadlineMs) return;
    await clock.sleep(delayMs, held.signal);
  }
}

/** The failure of a write that may be tried again; any other is thrown. */
async function writeOnce(write: () => Promise<void>): Promise<HoldfastError | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (isHoldfastError(error, 'DATAPLANE_FAILED')) return error;
    throw error;
  }
}

function notConverged(drift: readonly unknown[], tries: number): HoldfastError {
  return new HoldfastError('VERIFY_FAILED', `${drift.length} objects still differ after ${tries} tries`, {
    details: { drift, tries },
  });
}
