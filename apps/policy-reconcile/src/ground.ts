/**
 * What the daemon stands on: whether the database answers, and what it says about triggers. Looked at twenty times a second
 * while all is well; after a failure with pauses of 250 ms doubling to 5 s. Told to the daemon look by look; what changed
 * in between is its business.
 */
import { backoff, type Clock, HoldfastError } from '@holdfast/base';
import { watchPauses } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import type { TriggerLook, TriggerProbe } from './trigger-probe.ts';

export interface GroundOptions {
  readonly probe: TriggerProbe;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** @param sinceMs - when the look began, on the monotonic clock */
  readonly onLook: (look: TriggerLook, sinceMs: number) => void;
  /**
   * @param isOver - false when the database has only kept silent for too long and the look goes on
   */
  readonly onAway: (error: HoldfastError, isOver: boolean) => void;
  readonly everyMs?: number;
  /** From when on a database that does not answer counts as away, in milliseconds; 2 000. */
  readonly patienceMs?: number;
  readonly random?: () => number;
}

/** Resolves when the signal has aborted and the last look has ended. */
export async function watchGround(options: GroundOptions): Promise<void> {
  const { probe, signal, clock, onLook, onAway, everyMs = 50, random = Math.random } = options;
  let delays = backoff(watchPauses);
  while (!signal.aborted) {
    const sinceMs = clock.monotonicMs();
    const silence = announceSilence(options);
    let pauseMs = everyMs;
    try {
      const look = await probe.look();
      onLook(look, sinceMs);
      delays = backoff(watchPauses);
    } catch (error) {
      onAway(asHoldfastError(error), true);
      pauseMs = delays.next().value * (0.5 + random() / 2);
    } finally {
      clearTimeout(silence);
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined); // only the abort can end it early
  }
}

/** The look itself is not given up: the driver has limits of its own, and a second look would find the same. */
function announceSilence({ onAway, patienceMs = 2_000 }: GroundOptions): NodeJS.Timeout {
  return setTimeout(() => {
    onAway(
      new HoldfastError('DATABASE_UNREACHABLE', 'the database keeps silent', { details: { patienceMs } }),
      false,
    );
  }, patienceMs);
}
