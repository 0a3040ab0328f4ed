/**
 * Whether truth answers: asked every two seconds, sooner after a failure. A schema that does not fit is as bad as a database that is
 * away. One that was replaced cannot be worked with by this process at all (`replaced`): it has to begin anew.
 */
import { backoff, type Clock, HoldfastError, type Log } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import { assertSchema, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import type { DatabaseFile } from './database-file.ts';
import type { PanelMetrics } from './panel-metrics.ts';

export interface DatabaseWatchOptions {
  readonly truth: Truth;
  readonly file: DatabaseFile;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: PanelMetrics;
}

type Database =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'up' }
  | { readonly kind: 'away'; readonly error: HoldfastError };

const everyMs = 2_000;
const pauses = { initialMs: 250, maxMs: everyMs, jitter: 'full' } as const;
/** From when on a look that does not end counts as a failure. */
const patienceMs = 4_000;

export class DatabaseWatch {
  readonly #options: DatabaseWatchOptions;
  readonly #first = Promise.withResolvers<HoldfastError | undefined>();
  readonly #replaced = Promise.withResolvers<HoldfastError>();
  #database: Database = { kind: 'unknown' };
  /** When the look that is under way began, on the monotonic clock. */
  #lookingSinceMs: number | undefined;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
  }

  /** Resolves after the first look, with what it failed of. */
  get firstLook(): Promise<HoldfastError | undefined> {
    return this.#first.promise;
  }

  /** Resolves when there is another database in the place of ours. */
  get replaced(): Promise<HoldfastError> {
    return this.#replaced.promise;
  }

  /** Whether there is any use in asking it. */
  get isThere(): boolean {
    return this.#options.file.standing() === 'same';
  }

  /** Why it cannot be worked with, in the words of a log; none when it can. */
  get reasons(): readonly string[] {
    const { clock, file } = this.#options;
    const standing = file.standing();
    if (standing !== 'same') return [`the database file is ${standing}`];
    if (this.#database.kind === 'away') {
      const { message, code } = this.#database.error;
      return [`the database is away: ${message} [${code}]`];
    }
    const sinceMs = this.#lookingSinceMs ?? Number.POSITIVE_INFINITY;
    if (clock.monotonicMs() - sinceMs > patienceMs) return ['the database keeps silent'];
    return this.#database.kind === 'unknown' ? ['the database has not answered yet'] : [];
  }

  /** Resolves when the signal has aborted and the last look has ended. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, file } = this.#options;
    let delays = backoff(pauses);
    while (!signal.aborted) {
      await this.#look();
      if (file.standing() === 'replaced') this.#replaced.resolve(replacement());
      if (this.#database.kind === 'up') delays = backoff(pauses);
      const pauseMs = this.#database.kind === 'up' ? everyMs : delays.next().value;
      await clock.sleep(pauseMs, signal).catch(() => undefined); // only the stop ends it early
    }
  }

  async #look(): Promise<void> {
    const { truth, clock } = this.#options;
    this.#lookingSinceMs = clock.monotonicMs();
    try {
      if (!this.isThere) throw replacement();
      if (this.#database.kind === 'up') await sql`select 1`.execute(truth.db);
      else await assertSchema(truth);
      this.#isUp();
    } catch (error) {
      this.#isAway(asHoldfastError(error));
    } finally {
      this.#lookingSinceMs = undefined;
    }
  }

  #isUp(): void {
    const { metrics, log } = this.#options;
    if (this.#database.kind === 'away') log.info({}, 'database is back');
    this.#database = { kind: 'up' };
    metrics.set('holdfast_database_up', 1, {});
    this.#first.resolve(undefined);
  }

  #isAway(error: HoldfastError): void {
    const { metrics, log } = this.#options;
    if (this.#database.kind === 'up') metrics.add('holdfast_database_outages_total', 1, {});
    if (this.#database.kind !== 'away')
      log.warn({ code: error.code, problem: error.message }, 'database away');
    this.#database = { kind: 'away', error };
    metrics.set('holdfast_database_up', 0, {});
    this.#first.resolve(error);
  }
}

function replacement(): HoldfastError {
  return new HoldfastError('DATABASE_UNREACHABLE', 'the database file is gone or was replaced');
}
