/** The processes of `lock verify`: all started, released at one moment, heard to their end, none left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type ErrorCode, errorTable, HoldfastError } from '@holdfast/base';
import { environment } from '@holdfast/host/config';
import type { VerifyJob, WorkerLine, WorkerResult } from './verify-job.ts';

/**
 * Runs each job in a process of its own, by the very program that we are.
 *
 * @throws HoldfastError what a worker failed with, or INTERNAL when one ended without a word
 * @throws the signal's reason when it aborted first
 */
export async function runFleet(
  jobs: readonly VerifyJob[],
  signal: AbortSignal,
): Promise<readonly WorkerResult[]> {
  signal.throwIfAborted();
  const workers = jobs.map((job) => new VerifyProcess(job));
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([Promise.all(workers.map((worker) => worker.ready())), aborted.promise]);
    for (const worker of workers) worker.go();
    return await Promise.race([Promise.all(workers.map((worker) => worker.result())), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

class VerifyProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;

  constructor(job: VerifyJob) {
    this.#name = `process ${job.worker}`;
    const words = [...process.execArgv, process.argv[1] ?? '', 'lock', 'verify-worker', JSON.stringify(job)];
    const child = spawn(process.execPath, words, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...environment() },
    });
    child.stdin.on('error', () => undefined); // it has died: its last line says of what
    this.#child = child;
    this.#closed = Promise.race([once(child, 'close'), once(child, 'error')]).catch(() => undefined);
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    await this.#hear('ready');
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async result(): Promise<WorkerResult> {
    const line = await this.#hear('done');
    if (line.kind !== 'done') throw this.#silence(); // unreachable: `#hear` has looked
    return line.result;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async #hear(wanted: WorkerLine['kind']): Promise<WorkerLine> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw this.#silence();
    const line = JSON.parse(value) as WorkerLine;
    if (line.kind === 'failed') throw new HoldfastError(codeOf(line.code), `${this.#name}: ${line.message}`);
    if (line.kind !== wanted) throw this.#silence();
    return line;
  }

  #silence(): HoldfastError {
    return new HoldfastError('INTERNAL', `${this.#name} ended without a word`);
  }
}

function codeOf(code: string): ErrorCode {
  return code in errorTable ? (code as ErrorCode) : 'INTERNAL';
}
