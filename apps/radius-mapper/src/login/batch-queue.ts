/**
 * Collects what arrives while a batch is under way and gives it to the next one. Nothing waits for company: a job that comes
 * alone starts at once, alone. So the size of batches follows the load by itself, and an idle mapper has no delay of its own.
 * Beside a batch that is under way another one sets out only when it is worth a transaction of its own: many small ones cost
 * the database more than the wait costs them. One that takes long is held up by somebody who has locked a row of it; the rest
 * does not wait for that.
 *
 * A job has a deadline. One that has passed it is turned away without being begun, and what is begun is told the deadline, to
 * look at it once more before it changes anything.
 */
import { type Clock, HoldfastError } from '@holdfast/base';

export interface QueuedJob {
  /** On the monotonic clock, in milliseconds. */
  readonly deadlineMs: number;
}

export interface BatchQueueOptions<Job extends QueuedJob, Result> {
  /** One result or failure for each job, in their order. A rejection is that of all. */
  readonly run: (jobs: readonly Job[]) => Promise<readonly (Result | HoldfastError)[]>;
  /** Batches at once, but for those that are held up. */
  readonly mostRunning: number;
  /** Of those; 0. */
  readonly mostHeldUp?: number;
  /** Jobs in a batch. */
  readonly mostJobs: number;
  /** Jobs of a batch that starts while another is under way; 16. */
  readonly leastBeside?: number;
  /** Jobs that may wait; one that comes on top is turned away. */
  readonly mostWaiting: number;
  /**
   * Whether a batch starts after all that comes in the same turn of the event loop. An engine that blocks the loop while it works
   * has no other company; to a server each batch is so many round trips and a flush, whatever its size. Default false.
   */
  readonly isGathering?: boolean;
  readonly clock: Clock;
  /** Told of each batch that starts. */
  readonly onBatch?: (jobs: number, waitedMs: readonly number[]) => void;
}

/** Several times what a batch takes; after it, it is held up. */
const slowMs = 100;

interface Entry<Job, Result> {
  readonly job: Job;
  readonly sinceMs: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  readonly ended: Promise<Result>;
}

interface Running<Job, Result> {
  readonly entries: readonly Entry<Job, Result>[];
  readonly sinceMs: number;
}

export class BatchQueue<Job extends QueuedJob, Result> {
  readonly #options: BatchQueueOptions<Job, Result>;
  #waiting: Entry<Job, Result>[] = [];
  readonly #running = new Set<Running<Job, Result>>();
  #timer: NodeJS.Timeout | undefined;
  #isGathering = false;

  constructor(options: BatchQueueOptions<Job, Result>) {
    this.#options = options;
  }

  /** @throws HoldfastError LOGIN_OVERLOAD - its deadline has passed, or too many wait: it was not begun */
  submit(job: Job): Promise<Result> {
    const { mostWaiting, clock } = this.#options;
    if (this.#waiting.length >= mostWaiting) return Promise.reject(overloaded('too many logins wait'));
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ job, sinceMs: clock.monotonicMs(), resolve, reject, ended: promise });
    this.#startInTime();
    return promise;
  }

  /**
   * Turns those away that wait, and waits for those that are under way: after it none of them will begin or change anything.
   */
  async withdraw(isMeant: (job: Job) => boolean): Promise<void> {
    const meant = this.#waiting.filter(({ job }) => isMeant(job));
    if (meant.length > 0) this.#waiting = this.#waiting.filter((entry) => !meant.includes(entry));
    for (const { reject } of meant) reject(overloaded('the request was taken back'));
    const running = [...this.#running].flatMap(({ entries }) => entries).filter(({ job }) => isMeant(job));
    await Promise.allSettled(running.map(({ ended }) => ended));
  }

  #startInTime(): void {
    if (this.#options.isGathering !== true) {
      this.#start();
    } else if (!this.#isGathering) {
      this.#isGathering = true;
      setImmediate(() => {
        this.#isGathering = false;
        this.#start();
      });
    }
  }

  #start(): void {
    const { mostJobs } = this.#options;
    while (this.#mayStart()) {
      const batch = this.#waiting.splice(0, mostJobs).filter((entry) => !this.#isLate(entry));
      if (batch.length > 0) void this.#run(batch);
    }
    this.#watch();
  }

  #mayStart(): boolean {
    const { mostRunning, mostHeldUp = 0, leastBeside = 16, clock } = this.#options;
    if (this.#waiting.length === 0) return false;
    if (this.#running.size === 0) return true;
    if (this.#running.size >= mostRunning + mostHeldUp) return false;
    const slowSinceMs = clock.monotonicMs() - slowMs;
    const inTime = [...this.#running].filter(({ sinceMs }) => sinceMs > slowSinceMs).length;
    return inTime === 0 || (inTime < mostRunning && this.#waiting.length >= leastBeside);
  }

  async #run(batch: readonly Entry<Job, Result>[]): Promise<void> {
    const { run, onBatch, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const running = { entries: batch, sinceMs: nowMs };
    this.#running.add(running);
    onBatch?.(
      batch.length,
      batch.map(({ sinceMs }) => nowMs - sinceMs),
    );
    try {
      const results = await run(batch.map(({ job }) => job));
      for (const [place, { resolve, reject }] of batch.entries()) {
        const result = results[place];
        if (result === undefined) reject(new HoldfastError('INTERNAL', 'a login was left without an answer'));
        else if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#running.delete(running);
      this.#startInTime();
    }
  }

  /** Turns it away then. */
  #isLate({ job, reject }: Entry<Job, Result>): boolean {
    if (job.deadlineMs > this.#options.clock.monotonicMs()) return false;
    reject(overloaded('its client no longer waits'));
    return true;
  }

  /** Behind a batch that takes long nobody else would look: at who has waited too long, and whether it is held up. */
  #watch(): void {
    const [oldest] = this.#waiting;
    if (this.#timer !== undefined || oldest === undefined) return;
    const leftMs = oldest.job.deadlineMs - this.#options.clock.monotonicMs();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#waiting = this.#waiting.filter((entry) => !this.#isLate(entry));
        this.#start();
      },
      Math.max(1, Math.min(leftMs, slowMs)),
    );
  }
}

function overloaded(why: string): HoldfastError {
  return new HoldfastError('LOGIN_OVERLOAD', `a login was not begun: ${why}`);
}
