/**
 * Buckets in the table `rate_limits`. `sqlRateLimits` works in the transaction of the caller, so that the limit and what it
 * limits commit together; what is rolled back was not taken. `TruthRateLimits` makes a transaction of each call.
 *
 * The row is locked, then read together with the clock, decided on, and written: nothing is inferred from a count of rows.
 * On SQLite a writing transaction excludes the others from its beginning; on a server the row is inserted first where
 * there is none, because a row that is missing cannot be locked, and two transactions that both found it missing would
 * wait for each other.
 */
import { type Clock, systemClock } from '@holdfast/base';
import { engineSql, type Truth, type TruthTransaction } from '@holdfast/truth-db';
import { type RawBuilder, sql } from 'kysely';
import type { SweepOptions } from '../documents/keyed-documents.ts';
import { bucketHash } from './bucket-key.ts';
import { gcraOf, refundTo, requireCost, takeFrom } from './gcra.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

export interface SqlRateLimitsOptions {
  /** Default: the clock of the database server, the same for all hosts; for SQLite that of this host. */
  readonly clock?: Clock;
}

/** Rows of one step of a sweep. */
const sweptAtOnce = 1_000;

export function sqlRateLimits(
  trx: TruthTransaction,
  options: SqlRateLimitsOptions = {},
): Omit<RateLimitStore, 'sweep'> {
  return {
    take: async (limit, key, cost = 1) => {
      const gcra = gcraOf(limit);
      requireCost(cost);
      const bucket = bucketHash(limit, key);
      const { tat: present, nowUs } = await lockBucket(trx, bucket, options);
      const { decision, tat } = takeFrom(gcra, present, nowUs, cost);
      if (tat !== undefined) await store(trx, bucket, tat);
      return decision;
    },
    refund: async (limit, key, cost = 1) => {
      const gcra = gcraOf(limit);
      requireCost(cost);
      const bucket = bucketHash(limit, key);
      const { tat, nowUs } = await lockBucket(trx, bucket, options);
      if (tat !== undefined) await store(trx, bucket, refundTo(gcra, tat, nowUs, cost) ?? nowUs);
    },
  };
}

export class TruthRateLimits implements RateLimitStore {
  readonly #truth: Truth;
  readonly #options: SqlRateLimitsOptions;

  constructor(truth: Truth, options: SqlRateLimitsOptions = {}) {
    this.#truth = truth;
    this.#options = options;
  }

  async take(limit: RateLimit, key: string, cost = 1): Promise<RateDecision> {
    return await this.#truth.transaction((trx) => sqlRateLimits(trx, this.#options).take(limit, key, cost));
  }

  async refund(limit: RateLimit, key: string, cost = 1): Promise<void> {
    await this.#truth.transaction((trx) => sqlRateLimits(trx, this.#options).refund(limit, key, cost));
  }

  /** In transactions of at most 1000 rows, oldest first. */
  async sweep({ signal, onProgress }: SweepOptions = {}): Promise<{ readonly removed: number }> {
    for (let removed = 0; ; onProgress?.({ done: removed, total: removed })) {
      signal?.throwIfAborted();
      const some = await this.#truth.transaction((trx) => sweepSome(trx, this.#options));
      removed += some;
      if (some < sweptAtOnce) return { removed };
    }
  }
}

interface Locked {
  /** Undefined where nothing was ever taken. */
  readonly tat: number | undefined;
  /** Read after the lock was granted. */
  readonly nowUs: number;
}

async function lockBucket(
  trx: TruthTransaction,
  bucket: string,
  options: SqlRateLimitsOptions,
): Promise<Locked> {
  const engine = engineSql(trx);
  if (engine.hasRowLocks) {
    await sql`insert into rate_limits (bucket_key, tat) values (${bucket}, 0)
      ${engine.onDuplicate('bucket_key')} tat = rate_limits.tat`.execute(trx);
  }
  const { rows } = await sql<{ tat: number; now_us: number }>`
    select tat, ${serverNow(trx)} as now_us from rate_limits where bucket_key = ${bucket} ${engine.forUpdate}`.execute(
    trx,
  );
  const [row] = rows;
  return { tat: row?.tat, nowUs: nowOf(trx, options, row?.now_us) };
}

async function store(trx: TruthTransaction, bucket: string, tat: number): Promise<void> {
  const engine = engineSql(trx);
  await sql`insert into rate_limits (bucket_key, tat) values (${bucket}, ${tat})
    ${engine.onDuplicate('bucket_key')} tat = ${engine.proposed('tat')}`.execute(trx);
}

async function sweepSome(trx: TruthTransaction, options: SqlRateLimitsOptions): Promise<number> {
  const { rows: clock } = await sql<{ now_us: number }>`select ${serverNow(trx)} as now_us`.execute(trx);
  const nowUs = nowOf(trx, options, clock[0]?.now_us);
  const { forUpdate } = engineSql(trx);
  const { rows } = await sql<{ bucket_key: string }>`
    select bucket_key from rate_limits where tat <= ${nowUs} order by tat limit ${sweptAtOnce} ${forUpdate}`.execute(
    trx,
  );
  const buckets = rows.map(({ bucket_key }) => bucket_key);
  if (buckets.length > 0) await trx.deleteFrom('rate_limits').where('bucket_key', 'in', buckets).execute();
  return buckets.length;
}

/** 0 where the database is in this process. UTC whatever the time zone of the session. */
function serverNow(trx: TruthTransaction): RawBuilder<number> {
  return engineSql(trx).hasRowLocks
    ? sql<number>`timestampdiff(microsecond, '1970-01-01 00:00:00', utc_timestamp(6))`
    : sql<number>`0`;
}

function nowOf(trx: TruthTransaction, { clock }: SqlRateLimitsOptions, serverUs: number | undefined): number {
  if (clock === undefined && serverUs !== undefined && engineSql(trx).hasRowLocks) return serverUs;
  return (clock ?? systemClock).wallMs() * 1_000;
}
