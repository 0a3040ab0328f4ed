/**
 * Whether truth answers: looked at every two seconds, sooner after a failure, by reading the addresses of NASes anew. A
 * schema that does not fit is as bad as a database that is away.
 */
import { backoff, type HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import { assertSchema } from '@holdfast/truth-db';
import type { Mapper } from '../mapper.ts';

type Database =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'up' }
  | { readonly kind: 'away'; readonly error: HoldfastError };

const everyMs = 2_000;
const pauses = { initialMs: 250, maxMs: everyMs, jitter: 'full' } as const;
/** From when on a look that does not end counts as a failure. */
const patienceMs = 2_000;

export class DatabaseWatch {
  readonly #mapper: Mapper;
  readonly #renew: () => Promise<void>;
  readonly #first = Promise.withResolvers<HoldfastError | undefined>();
  #database: Database = { kind: 'unknown' };
  /** When the look that is under way began, on the monotonic clock. */
  #lookingSinceMs: number | undefined;
  #pause = new AbortController();

  /** @param renew - opens the database anew where that is another one by now */
  constructor(mapper: Mapper, renew: () => Promise<void>) {
    this.#mapper = mapper;
    this.#renew = renew;
  }

  /** Resolves after the first look, with what it failed of. */
  get firstLook(): Promise<HoldfastError | undefined> {
    return this.#first.promise;
  }

  /** Why it cannot be worked with, in the words of a log; none when it can. */
  get reasons(): readonly string[] {
    const { gateways, clock } = this.#mapper;
    const database = this.#database;
    if (database.kind === 'away')
      return [`the database is away: ${database.error.message} [${database.error.code}]`];
    const sinceMs = this.#lookingSinceMs ?? Number.POSITIVE_INFINITY;
    if (clock.monotonicMs() - sinceMs > patienceMs) return ['the database keeps silent'];
    if (database.kind === 'unknown') return ['the database has not answered yet'];
    return gateways.addresses === 0 ? ['truth has no address of any NAS'] : [];
  }

  /** Tells of a failure that somebody else has seen: it is looked at now. A row that is locked for long is no outage. */
  suspect(error: HoldfastError): void {
    if (error.code !== 'DATABASE_UNREACHABLE' || this.#database.kind === 'away') return;
    this.#isAway(error);
    this.#pause.abort();
  }

  /** Resolves when the signal has aborted and the last look has ended. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#mapper;
    let delays = backoff(pauses);
    while (!signal.aborted) {
      await this.#look();
      if (this.#database.kind === 'up') delays = backoff(pauses);
      this.#pause = new AbortController();
      const pauseMs = this.#database.kind === 'up' ? everyMs : delays.next().value;
      const isOver = AbortSignal.any([signal, this.#pause.signal]);
      await clock.sleep(pauseMs, isOver).catch(() => undefined); // only those end it early
    }
  }

  async #look(): Promise<void> {
    const { gateways, clock } = this.#mapper;
    this.#lookingSinceMs = clock.monotonicMs();
    try {
      await this.#renew();
      if (this.#database.kind !== 'up') await assertSchema(this.#mapper.truth);
      await gateways.refresh();
      this.#isUp();
    } catch (error) {
      this.#isAway(asHoldfastError(error));
    } finally {
      this.#lookingSinceMs = undefined;
    }
  }

  #isUp(): void {
    const { metrics, log } = this.#mapper;
    if (this.#database.kind === 'away') log.info({}, 'database is back');
    this.#database = { kind: 'up' };
    metrics.set('holdfast_database_up', 1, {});
    this.#first.resolve(undefined);
  }

  #isAway(error: HoldfastError): void {
    const { metrics, log } = this.#mapper;
    if (this.#database.kind === 'up') metrics.add('holdfast_database_outages_total', 1, {});
    if (this.#database.kind !== 'away')
      log.warn({ code: error.code, problem: error.message }, 'database away');
    this.#database = { kind: 'away', error };
    metrics.set('holdfast_database_up', 0, {});
    this.#first.resolve(error);
  }
}
