/** Batches: who goes together, who is turned away, and that nobody is forgotten. */
import { type Clock, HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { BatchQueue, type BatchQueueOptions } from './batch-queue.ts';

interface Job {
  readonly name: string;
  readonly deadlineMs: number;
}

const job = (name: string, deadlineMs = 60_000): Job => ({ name, deadlineMs });
const jobs = (count: number, from = 0) =>
  Array.from({ length: count }, (_value, place) => job(String(from + place)));
const overload = expect.objectContaining({ code: 'LOGIN_OVERLOAD' });

/** A queue whose batches end when the test says so, and answer each job with its name. */
function gatedQueue(options: Partial<BatchQueueOptions<Job, string>> = {}) {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs } as Clock;
  const running: { readonly names: readonly string[]; end(failure?: HoldfastError): Promise<void> }[] = [];
  const batches: string[][] = [];
  const queue = new BatchQueue<Job, string>({
    run: async (some) => {
      const names = some.map(({ name }) => name);
      const { promise, resolve } = Promise.withResolvers<HoldfastError | undefined>();
      batches.push(names);
      running.push({
        names,
        end: async (failure) => {
          resolve(failure);
          await promise;
          for (let turn = 0; turn < 5; turn += 1) await undefined;
        },
      });
      const failure = await promise;
      if (failure !== undefined) throw failure;
      return names;
    },
    mostRunning: 2,
    mostJobs: 4,
    leastBeside: 2,
    mostWaiting: 8,
    clock,
    ...options,
  });
  const submit = (some: readonly Job[]) => some.map((one) => queue.submit(one));
  const end = (failure?: HoldfastError) => running.shift()?.end(failure);
  return { queue, batches, submit, end, pass: (ms: number) => (nowMs += ms) };
}

describe('a queue of batches', () => {
  it('starts a job that comes alone at once', () => {
    const { submit, batches } = gatedQueue();
    void submit([job('a')]);
    expect(batches).toEqual([['a']]);
  });

  it('gathers what comes while batches are under way, up to its size', async () => {
    const { submit, batches, end } = gatedQueue();
    const answers = submit(jobs(9));
    expect(batches).toEqual([['0'], ['1', '2']]);
    await end();
    expect(batches[2]).toEqual(['3', '4', '5', '6']);
    await end();
    await end();
    await end();
    expect(await Promise.all(answers)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect(batches).toHaveLength(4);
  });

  it('that gathers starts after all that comes in the same turn of the event loop', async () => {
    const { submit, batches, end } = gatedQueue({ mostRunning: 1, isGathering: true });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    void submit(jobs(3));
    expect(batches).toEqual([]);
    await turn();
    expect(batches).toEqual([['0', '1', '2']]);
    await end();
    void submit(jobs(2, 3));
    await turn();
    expect(batches).toEqual([
      ['0', '1', '2'],
      ['3', '4'],
    ]);
  });

  it('starts no second batch that is too small to be worth it', async () => {
    const { submit, batches, end } = gatedQueue({ leastBeside: 3 });
    void submit(jobs(3));
    expect(batches).toEqual([['0']]);
    await end();
    expect(batches).toEqual([['0'], ['1', '2']]);
  });

  it('runs one batch at a time where that is the limit', async () => {
    const { submit, batches, end } = gatedQueue({ mostRunning: 1 });
    void submit(jobs(7));
    expect(batches).toEqual([['0']]);
    await end();
    expect(batches).toEqual([['0'], ['1', '2', '3', '4']]);
  });

  it('turns away what comes on top of those that may wait', async () => {
    const { submit, end } = gatedQueue({ mostRunning: 1, mostWaiting: 2 });
    const answers = submit(jobs(4));
    await expect(answers[3]).rejects.toEqual(overload);
    await end();
    await end();
    expect(await Promise.all(answers.slice(0, 3))).toEqual(['0', '1', '2']);
  });

  it('does not begin a job whose time is over', async () => {
    const { submit, batches, end, pass } = gatedQueue({ mostRunning: 1 });
    const [first, late, inTime] = submit([job('a'), job('late', 100), job('b', 200)]);
    pass(100);
    const refused = expect(late).rejects.toEqual(overload);
    await end();
    await refused;
    expect(batches).toEqual([['a'], ['b']]);
    await end();
    expect(await Promise.all([first, inTime])).toEqual(['a', 'b']);
  });

  it('answers a job whose time is over although the batch before it never ends', async () => {
    const started = performance.now();
    const clock = { monotonicMs: () => performance.now() - started } as Clock;
    const { submit, batches } = gatedQueue({ mostRunning: 1, clock });
    const [, late] = submit([job('stuck'), job('late', 20)]);
    await expect(late).rejects.toEqual(overload);
    expect(batches).toEqual([['stuck']]);
  });

  it('does not keep others waiting for a batch that is held up', async () => {
    const { submit, batches, pass, end } = gatedQueue({ mostRunning: 1, mostHeldUp: 1 });
    void submit(jobs(2));
    expect(batches).toEqual([['0']]);
    pass(100);
    await expect.poll(() => batches).toEqual([['0'], ['1']]);
    pass(100);
    void submit(jobs(1, 2));
    expect(batches).toHaveLength(2);
    await end();
    expect(batches).toHaveLength(3);
  });

  it('gives the failure of a batch to each of it, and goes on', async () => {
    const { submit, end } = gatedQueue({ mostRunning: 1 });
    const [first, second] = submit(jobs(2));
    const away = new HoldfastError('DATABASE_UNREACHABLE', 'gone');
    const refused = expect(first).rejects.toBe(away);
    await end(away);
    await refused;
    await end();
    expect(await second).toBe('1');
  });

  it('gives a job its own failure, and a job without an answer one', async () => {
    const broken = new HoldfastError('TRUTH_INVALID', 'no such row');
    const { queue } = gatedQueue({
      mostRunning: 1,
      run: async (some) => (some.length === 1 ? ['a'] : [broken, 'c']),
    });
    const answers = [job('a'), job('b'), job('c'), job('d')].map((one) => queue.submit(one));
    const results = await Promise.allSettled(answers);
    expect(results).toMatchObject([
      { value: 'a' },
      { reason: { code: 'TRUTH_INVALID' } },
      { value: 'c' },
      { reason: { code: 'INTERNAL' } },
    ]);
  });

  it('takes back a job that waits, and waits for one that is under way', async () => {
    const { queue, submit, batches, end } = gatedQueue({ mostRunning: 1 });
    const [, waiting] = submit([job('a'), job('b')]);
    const refused = expect(waiting).rejects.toEqual(overload);
    await queue.withdraw(({ name }) => name === 'b');
    await refused;
    let isOver = false;
    const withdrawn = queue.withdraw(({ name }) => name === 'a').then(() => (isOver = true));
    await queue.withdraw(({ name }) => name === 'nobody');
    expect(isOver).toBe(false);
    await end();
    await withdrawn;
    expect(batches).toEqual([['a']]);
  });

  it('tells of each batch how many it has and how long they waited', async () => {
    const told: unknown[] = [];
    const onBatch = (count: number, waitedMs: readonly number[]) => told.push([count, waitedMs]);
    const { submit, end, pass } = gatedQueue({ mostRunning: 1, onBatch });
    void submit(jobs(3));
    pass(7);
    await end();
    expect(told).toEqual([
      [1, [0]],
      [2, [7, 7]],
    ]);
  });
});
