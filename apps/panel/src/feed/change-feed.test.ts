import { migrate, openTruth } from '@holdfast/truth-db';
import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { recordStatements } from '../../../../tests/truth/recorded-statements.ts';
import { ChangeFeed } from './change-feed.ts';
import { changeFeedContract } from './change-feed-contract.ts';
import { admin, FeedWorld } from './testing/feed-world.ts';

describe('a feed', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  changeFeedContract('SQLite', async () => `sqlite:${directory.path}/truth.db`);

  it('asks nothing while nobody listens, and as little for a thousand as for one', async () => {
    const { truth, during } = recordStatements(openTruth(`sqlite:${directory.path}/truth.db`));
    await using world = await FeedWorld.open(`sqlite:${directory.path}/truth.db`, { truth, lookMs: 10 });
    expect(await during(() => new Promise((resolve) => setTimeout(resolve, 50)))).toEqual([]);
    const id = await world.connection();
    const heard = await Promise.all(Array.from({ length: 1_000 }, () => world.listen()));
    const statements = await during(async () => {
      await world.rename(id, 1, 'Laptop');
      await Promise.all(heard.map((one) => one.until(({ type }) => type === 'change')));
    });
    expect(statements.length).toBeLessThan(60);
    expect(new Set(statements).size).toBeLessThan(10);
    for (const one of heard) one[Symbol.dispose]();
    await truth.close();
  });

  it('tells what was committed while the database was away, without a hello', async () => {
    let isAway = false;
    const real = openTruth(`sqlite:${directory.path}/truth.db`);
    const truth = new Proxy(real, {
      get: (target, name) => {
        if (isAway && name === 'db') throw new Error('the database is away');
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await using world = await FeedWorld.open(`sqlite:${directory.path}/truth.db`, { truth });
    using heard = await world.listen();
    isAway = true;
    const id = await world.connection();
    isAway = false;
    expect(await heard.until(({ type }) => type === 'change')).toMatchObject({ id });
    expect(heard.events.filter(({ type }) => type === 'hello')).toHaveLength(1);
    await real.close();
  });

  it('says hello to the first listener only when it follows what comes after', async () => {
    await using truth = openTruth(`sqlite:${directory.path}/truth.db`);
    await migrate(truth);
    const feed = new ChangeFeed({ truth });
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const tell = ({ type }: { readonly type: string }) => {
      heard.push(type);
      resolve();
    };
    using _one = feed.subscribe(admin, { tell, end: () => undefined });
    expect(heard).toEqual([]);
    const stop = new AbortController();
    const running = feed.run(stop.signal);
    await promise;
    expect(heard).toEqual(['hello']);
    stop.abort();
    await running;
  });

  it('reads the log by its time, however long the log is', async () => {
    const { truth, during } = recordStatements(openTruth(`sqlite:${directory.path}/truth.db`));
    await using world = await FeedWorld.open(`sqlite:${directory.path}/truth.db`, { truth });
    const statements = await during(() => world.listen());
    const [read] = statements.filter(({ sql }) => sql.includes('from change_log'));
    if (read === undefined) throw new Error('the log was not read');
    const explained = CompiledQuery.raw(`explain query plan ${read.sql}`, [...read.parameters]);
    const { rows } = await world.truth.db.executeQuery(explained);
    expect(JSON.stringify(rows)).toContain('ix_change_log_changed_at (changed_at>?)');
    await truth.close();
  });

  it('that has ended takes nobody in', async () => {
    await using truth = openTruth(`sqlite:${directory.path}/truth.db`);
    const feed = new ChangeFeed({ truth });
    await feed.run(AbortSignal.abort());
    let hasEnded = false;
    feed.subscribe(admin, {
      tell: () => undefined,
      end: () => {
        hasEnded = true;
      },
    });
    expect([hasEnded, feed.listeners]).toEqual([true, 0]);
  });
});
