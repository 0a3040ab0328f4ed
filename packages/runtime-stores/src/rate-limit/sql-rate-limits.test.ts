/** Buckets in the truth, on SQLite and MariaDB: the contract, and that they belong to the transaction of the caller. */
import type { Clock } from '@holdfast/base';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../../../../tests/support/counts.ts';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { bucketHash } from './bucket-key.ts';
import type { RateLimit } from './rate-limit.ts';
import { describeRateLimitStore } from './rate-limit-contract.ts';
import { sqlRateLimits, TruthRateLimits } from './sql-rate-limits.ts';

const decisions = isSoak ? counts.rateDecisions : counts.rateDecisions / 10;
const limit: RateLimit = { name: 'login', limit: 10, periodMs: 3_600_000, burst: 2 };

function placeOn(truth: () => Truth) {
  return async () => {
    await truth().db.deleteFrom('rate_limits').execute();
    return {
      open: (clock: Clock) => new TruthRateLimits(truth(), { clock }),
      poison: async (poisoned: RateLimit, key: string, tat: number) => {
        const row = { bucket_key: bucketHash(poisoned, key), tat };
        await truth().db.insertInto('rate_limits').values(row).execute();
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  };
}

function transactionContract(name: string, truth: () => Truth): void {
  describe(`the rate limit of a transaction on ${name}`, () => {
    it('is not charged when the transaction is rolled back', async () => {
      const key = 'rolled back';
      await expect(
        truth().transaction(async (trx) => {
          await sqlRateLimits(trx).take(limit, key, 2);
          throw new Error('stop');
        }),
      ).rejects.toThrow('stop');
      expect(await new TruthRateLimits(truth()).take(limit, key, 2)).toMatchObject({ isAllowed: true });
    });

    it('goes by a clock that is right where none is given', async () => {
      const store = new TruthRateLimits(truth());
      await store.take(limit, 'clock', 2);
      const { tat } = await truth()
        .db.selectFrom('rate_limits')
        .select('tat')
        .where('bucket_key', '=', bucketHash(limit, 'clock'))
        .executeTakeFirstOrThrow();
      const takenMs = tat / 1_000 - 2 * (limit.periodMs / limit.limit);
      expect(Math.abs(takenMs - Date.now())).toBeLessThan(60_000);
    });

    it('sweeps in steps, and says how far it is', async () => {
      await truth().db.deleteFrom('rate_limits').execute();
      const rows = Array.from({ length: 1_200 }, (_, tat) => ({ bucket_key: `old ${tat}`, tat }));
      for (let from = 0; from < rows.length; from += 400)
        await truth()
          .db.insertInto('rate_limits')
          .values(rows.slice(from, from + 400))
          .execute();
      await new TruthRateLimits(truth()).take(limit, 'young');
      const seen: number[] = [];
      const options = { onProgress: ({ done }: { readonly done: number }) => void seen.push(done) };
      expect(await new TruthRateLimits(truth()).sweep(options)).toEqual({ removed: 1_200 });
      expect(seen).toEqual([1_000]);
      expect(await truth().db.selectFrom('rate_limits').selectAll().execute()).toHaveLength(1);
    });
  });
}

describe('on SQLite', () => {
  let truth: Truth;
  beforeAll(async () => {
    truth = openTruth('sqlite::memory:');
    await migrate(truth);
  });
  afterAll(() => truth.close());
  describeRateLimitStore(
    'SQLite',
    placeOn(() => truth),
    { decisions },
  );
  transactionContract('SQLite', () => truth);
});

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;
  let truth: Truth;
  beforeAll(async () => {
    server = await startMariadbServer();
    truth = openTruth(await emptyDatabase(server));
    await migrate(truth);
  });
  afterAll(async () => {
    await truth?.close();
    await server?.[Symbol.asyncDispose]();
  });
  describeRateLimitStore(
    'MariaDB',
    placeOn(() => truth),
    { decisions },
  );
  transactionContract('MariaDB', () => truth);
});

describe('a database that is away', () => {
  it('allows nothing', async () => {
    await using truth = openTruth('mysql://root@localhost/truth?socket=/nonexistent/socket', {
      busyTimeoutMs: 0,
    });
    const failure = new TruthRateLimits(truth).take(limit, 'a');
    await expect(failure).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});
