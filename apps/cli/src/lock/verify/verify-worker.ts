/**
 * One process of `lock verify`: locks again and again, and leaves traces from which it shows whether another process was in
 * at the same time. Ends when its stdin does: without the process that asked, nobody wants to know.
 */

import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { systemClock } from '@holdfast/base';
import { asHoldfastError, type CommandLine, type MainContext } from '@holdfast/host/cli';
import { LockRunner } from '@holdfast/lock-runner';
import { recordOf } from './hold-log.ts';
import {
  type VerifyJob,
  verifyPatienceMs,
  verifyScope,
  type WorkerLine,
  type WorkerResult,
} from './verify-job.ts';

/** So that other processes are scheduled inside a hold even where there is one processor only. */
const roundsBetweenLongHolds = 16;
const longHoldMs = 1;

export async function verifyWorker(
  { operands: [job = ''] }: CommandLine,
  context: MainContext,
): Promise<number> {
  try {
    // From the beginning: who is killed before it says go leaves an end without data.
    for (const event of ['end', 'close', 'error']) process.stdin.once(event, endAtOnce);
    say({ kind: 'ready' });
    await once(process.stdin, 'data');
    say({ kind: 'done', result: await work(JSON.parse(job) as VerifyJob, context.signal) });
    return 0;
  } catch (thrown) {
    const { code, message, exit } = asHoldfastError(thrown);
    say({ kind: 'failed', code, message });
    return exit;
  } finally {
    for (const event of ['end', 'close', 'error']) process.stdin.off(event, endAtOnce);
    process.stdin.destroy();
  }
}

/** Nobody is left to hear of an orderly end, and there is nothing to put in order: the kernel gives the lock back. */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function work(job: VerifyJob, signal: AbortSignal): Promise<WorkerResult> {
  const runner = new LockRunner({ directory: job.directory, backend: job.backend });
  const log = openSync(job.log, 'a');
  const untilMs = systemClock.monotonicMs() + job.seconds * 1_000;
  let longestWaitMs = 0;
  let holds = 0;
  try {
    for (; holds < job.rounds && (holds === 0 || systemClock.monotonicMs() < untilMs); holds += 1) {
      const isLong = holds % roundsBetweenLongHolds === 0;
      await runner.run(verifyScope, { waitMs: verifyPatienceMs, signal }, async (held) => {
        longestWaitMs = Math.max(longestWaitMs, held.waitedMs);
        await leaveTraces(job, log, isLong);
      });
      await nextTurn(); // whoever waits shall have a chance
    }
  } finally {
    closeSync(log);
    await runner.close();
  }
  return { holds, longestWaitMs: Math.round(longestWaitMs) };
}

/** Two witnesses: the log shows overlaps, the counter shows what an overlap would have lost. */
async function leaveTraces({ worker, counter }: VerifyJob, log: number, isLong: boolean): Promise<void> {
  writeSync(log, recordOf('+', worker));
  const value = Number(readFileSync(counter, 'latin1'));
  if (isLong) await systemClock.sleep(longHoldMs);
  else await nextTurn();
  writeFileSync(counter, String(value + 1));
  writeSync(log, recordOf('-', worker));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function say(line: WorkerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
