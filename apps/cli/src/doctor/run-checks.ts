/** Runs the checks one after the other, each within its limit, and judges what all of them have found. */
import { errnoOf, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import { type Check, type Finding, failed, skip, unusable, type Verdict } from './check.ts';
import type { Ground } from './ground.ts';

export interface CheckResult {
  readonly name: string;
  /** That of the worst finding. */
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly tookMs: number;
}

export interface RunningChecks {
  readonly checks: readonly Check[];
  readonly ground: Ground;
  /** Ends the whole. */
  readonly signal: AbortSignal;
}

const defaultLimitMs = 10_000;
/** For a check that was ended, to put back what it has made. */
const graceMs = 3_000;

/** @throws the reason of `signal` */
export async function runChecks(running: RunningChecks): Promise<readonly CheckResult[]> {
  const { checks, ground, signal } = running;
  const results: CheckResult[] = [];
  // One that was not asked for, or skipped itself, is no obstacle: what it would have said shows by itself.
  const lacking = new Set<string>();
  for (const check of checks) {
    signal.throwIfAborted();
    const startedMs = systemClock.monotonicMs();
    const missing = check.needs?.find((name) => lacking.has(name));
    const findings =
      missing === undefined
        ? await runCheck(check, ground, signal)
        : [skip(`not looked at: ${missing} has to be right first`)];
    signal.throwIfAborted();
    const tookMs = Math.round(systemClock.monotonicMs() - startedMs);
    const verdict = worstOf(findings);
    if (verdict === 'fail' || missing !== undefined) lacking.add(check.name);
    results.push({ name: check.name, verdict, findings, tookMs });
  }
  return results;
}

const ranking: readonly Verdict[] = ['fail', 'warn', 'ok', 'skip'];

/** 'skip' only where everything was skipped. */
export function worstOf(findings: readonly { readonly verdict: Verdict }[]): Verdict {
  return ranking.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? 'skip';
}

/**
 * What all checks together come to; undefined when nothing failed. What does not work counts more than what is configured
 * wrongly.
 */
export function failureOf(results: readonly CheckResult[]): HoldfastError | undefined {
  const wrong = results.filter(({ verdict }) => verdict === 'fail');
  if (wrong.length === 0) return undefined;
  const isUnusable = wrong.some(({ findings }) => findings.some(({ blame }) => blame === 'unusable'));
  const names = wrong.map(({ name }) => name);
  return new HoldfastError(
    isUnusable ? 'SETUP_UNUSABLE' : 'SETUP_INVALID',
    `${names.length} of ${results.length} checks failed: ${names.join(', ')}`,
    { details: { failed: names } },
  );
}

async function runCheck(check: Check, ground: Ground, signal: AbortSignal): Promise<readonly Finding[]> {
  const { limitMs = defaultLimitMs } = check;
  const ending = new AbortController();
  const ended = AbortSignal.any([signal, ending.signal]);
  const work = unlessThrown(async () => check.run(ground, ended));
  const timer = timerOf(limitMs);
  signal.addEventListener('abort', timer.end, { once: true });
  const findings = await Promise.race([work, timer.ended]);
  signal.removeEventListener('abort', timer.end);
  timer.clear();
  if (findings !== undefined) return findings;
  ending.abort(new HoldfastError('CANCELLED', `the check ${check.name} took too long`));
  const grace = timerOf(graceMs);
  await Promise.race([work, grace.ended]);
  grace.clear();
  return [
    unusable(`it did not end within ${limitMs} ms`, 'Something does not answer; look what it waits for.'),
  ];
}

async function unlessThrown(work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (isHoldfastError(error)) return [failed(error)];
    const message = error instanceof Error ? error.message : String(error);
    if (errnoOf(error) !== undefined)
      return [
        unusable(message, 'Correct what the system complains of, or run it as the user of the gateway.'),
      ];
    return [
      unusable(`the check itself failed: ${message.split('\n', 1)[0]}`, 'Please report it with this answer.'),
    ];
  }
}

interface Timer {
  readonly ended: Promise<undefined>;
  /** Before its time. */
  readonly end: () => void;
  readonly clear: () => void;
}

function timerOf(ms: number): Timer {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  const timer = setTimeout(end, ms);
  return { ended, end, clear: () => clearTimeout(timer) };
}
