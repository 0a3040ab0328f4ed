/**
 * Whether processes that lock in a directory exclude each other, by trying: several of them take one lock thousands of
 * times, the log of their holds is swept for overlaps, and a counter that each hold increases must have counted them all.
 *
 * Two witnesses, because they fail apart: the log is kept outside, on the file system of temporary files, so it shows what the lock
 * did; the counter lies beside the lock, so it shows whether what one holder has written is what the next one reads.
 *
 * What it cannot show: what another host does in the same directory, and that what did not happen never will.
 */
import { createReadStream, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type LockGuarantee, systemClock } from '@holdfast/base';
import type { LockBackendName } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { recordBytes, type Sweep, sweep } from './hold-log.ts';
import { type Mount, mountOf } from './mount-of.ts';
import { scratchIn } from './scratch.ts';
import { runFleet } from './verify-fleet.ts';
import { type VerifyJob, verifyScope, type WorkerResult } from './verify-job.ts';

export interface VerifyOptions {
  readonly directory: string;
  readonly backend: LockBackendName;
  readonly processes: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Told now and then how many holds there have been. */
  readonly onProgress: (holds: number, elapsedMs: number) => void;
}

export interface VerifyReport {
  readonly directory: string;
  readonly mount: Mount | null;
  readonly backend: string;
  /** Why another backend is used than wanted; null when it is the one. */
  readonly fallback: string | null;
  readonly guarantee: LockGuarantee;
  readonly isTrusted: boolean;
  readonly sweep: Sweep;
  /** Increases of the counter that are missing. */
  readonly lostUpdates: number;
  readonly tookMs: number;
  readonly workers: readonly WorkerResult[];
}

const progressIntervalMs = 1_000;

/** @throws HoldfastError as the lock of the directory, or a worker, fails */
export async function verifyDirectory(options: VerifyOptions): Promise<VerifyReport> {
  const directory = resolve(options.directory);
  using scratch = scratchIn(directory);
  using outside = scratchIn(tmpdir());
  const log = join(outside.path, 'holds');
  const counter = join(scratch.path, 'counter');
  const locks = join(scratch.path, 'locks');
  writeFileSync(log, '', { mode: 0o600 });
  const chosen = await tryOnce(locks, options);
  writeFileSync(counter, '0', { mode: 0o600 });
  const { processes, backend, rounds, seconds, signal } = options;
  const jobs = Array.from({ length: processes }, (_, place): VerifyJob => {
    return { worker: place, directory: locks, backend, log, counter, rounds, seconds };
  });
  const startedMs = systemClock.monotonicMs();
  using _ticking = ticking(() => {
    options.onProgress(statSync(log).size / recordBytes / 2, systemClock.monotonicMs() - startedMs);
  });
  const workers = await runFleet(jobs, signal);
  const tookMs = systemClock.monotonicMs() - startedMs;
  const swept = await sweep(createInterface({ input: createReadStream(log) }));
  const lostUpdates = workers.reduce((sum, { holds }) => sum + holds, 0) - counted(counter);
  return {
    directory,
    mount: mountOf(realpathSync(directory), mountTable()) ?? null,
    ...chosen,
    isTrusted: swept.overlaps === 0 && swept.unreadable === 0 && lostUpdates === 0,
    sweep: swept,
    lostUpdates,
    tookMs: Math.round(tookMs),
    workers,
  };
}

/** Which backend is chosen, and that it locks at all: refusals are the caller's answer, not four times a worker's. */
async function tryOnce(directory: string, { backend, signal }: VerifyOptions) {
  let fallback: string | null = null;
  const runner = new LockRunner({
    directory,
    backend: backend,
    observer: { fallback: ({ reason }) => (fallback = reason) },
  });
  await runner.run(verifyScope, { waitMs: 0, signal }, () => undefined);
  const { backend: name, guarantee } = runner;
  await runner.close();
  return { backend: name, guarantee, fallback: fallback as string | null };
}

function counted(counter: string): number {
  try {
    return Number(readFileSync(counter, 'latin1'));
  } catch {
    return 0; // nobody's write has arrived
  }
}

function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return ''; // not Linux
  }
}

function ticking(tick: () => void): Disposable {
  const timer = setInterval(tick, progressIntervalMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
