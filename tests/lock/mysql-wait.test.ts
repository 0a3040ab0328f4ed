/** What a wait for a MySQL lock leaves on the server when it ends in any other way than with the lock: nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { counts } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { likeMysql } from './mysql-rewrite.ts';
import { forever, MysqlWorld, scope } from './mysql-world.ts';

describe.skipIf(isMissing('mariadb'))('a wait for a mysql lock', () => {
  let world: MysqlWorld;

  beforeAll(async () => {
    // Defaults under which a careless wait is ended early.
    world = await MysqlWorld.start({ args: ['--max-statement-time=0.2', '--max-connections=30'] });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  afterEach(() => world.clear());

  const isWaiting = async () => (await world.waiting()).length === 1;
  const isFree = async () => (await world.owner()) === null && (await world.waiting()).length === 0;

  it.each(['', ' on MySQL'])('whose limit passes leaves nothing on the server%s', async (kind) => {
    const outside = await world.takeOutside();
    const connect = async () => likeMysql(await world.open());
    const runner = world.createRunner(kind === '' ? {} : { connect });
    const waited = runner.run(scope, { waitMs: 40 }, () => 'ran');
    await expect(waited).rejects.toMatchObject({ code: 'LOCK_BUSY', details: { waitMs: 40 } });
    expect(await world.waiting()).toEqual([]);
    await outside.giveBack();
    expect(await world.owner()).toBeNull();
  });

  it('ends with its limit where the server only counts whole seconds', async () => {
    await world.takeOutside();
    const runner = world.createRunner({ connect: async () => likeMysql(await world.open()) });
    const waited = runner.run(scope, { waitMs: 40 }, () => 'ran').catch((error) => error);
    await expect(waited).resolves.toMatchObject({ code: 'LOCK_BUSY' });
    expect((await waited).details.waitedMs).toBeLessThan(900);
  });

  it('is not ended by limits of the server’s own', async () => {
    const outside = await world.takeOutside();
    const waiter = world.createRunner().run(scope, forever, () => 'ran');
    await until(isWaiting);
    const startedMs = performance.now();
    await until(() => performance.now() - startedMs > 300); // their length is what is tested
    await outside.giveBack();
    await expect(waiter).resolves.toBe('ran');
  });

  it('that is ended by somebody on the server fails, and is no grant', async () => {
    await world.takeOutside();
    const waiter = world.createRunner().run(scope, forever, () => 'ran');
    const refused = expect(waiter).rejects.toMatchObject({
      code: 'LOCK_SERVER',
      details: { reason: 'NULL' },
    });
    await until(isWaiting);
    await world.admin.query(`KILL QUERY ${(await world.waiting())[0]}`);
    await refused;
  });

  it('that is aborted leaves nothing on the server', async () => {
    const outside = await world.takeOutside();
    const runner = world.createRunner();
    const cancel = new AbortController();
    const waiter = runner.run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
    await until(isWaiting);
    cancel.abort();
    await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await world.waiting()).toEqual([]);
    await outside.giveBack();
    expect(await isFree()).toBe(true);
    await expect(runner.run(scope, { waitMs: 0 }, () => 'ran')).resolves.toBe('ran');
  });

  it('that is aborted when no connection is left to end it is gone soon', async () => {
    const outside = await world.takeOutside();
    const cancel = new AbortController();
    const waiter = world.createRunner().run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
    await until(isWaiting);
    await fillConnections();
    cancel.abort();
    await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
    await outside.giveBack();
    await until(isFree);
  });

  it('gives back what was granted at the moment of the abort, every time', async () => {
    const [one, two] = [world.createRunner({ process: 'one' }), world.createRunner({ process: 'two' })];
    const outcomes = new Set<string>();
    for (let round = 0; round < counts.killRounds; round += 1) {
      const holder = await one.acquire(scope);
      const cancel = new AbortController();
      const waiter = two.run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
      await until(isWaiting);
      const released = holder.release();
      for (let turns = round % 8; turns > 0; turns -= 1) await new Promise(setImmediate);
      cancel.abort();
      outcomes.add(await waiter.catch((error) => error.code));
      await released;
      expect(await isFree()).toBe(true);
    }
    expect([...outcomes].filter((outcome) => outcome !== 'ran' && outcome !== 'CANCELLED')).toEqual([]);
    expect(outcomes).toContain('CANCELLED');
  });

  it('tells others who waits, with purpose, and in order', async () => {
    await world.takeOutside();
    const cancel = new AbortController();
    const waits = [];
    for (const process of ['one', 'two']) {
      const purpose = `"it's" \\ for */ ${process}; 🔒`;
      const options = { ...forever, purpose, signal: cancel.signal };
      waits.push(
        world
          .createRunner({ process })
          .run(scope, options, () => 'ran')
          .catch((error) => error.code),
      );
      await until(async () => (await world.waiting()).length === waits.length);
    }
    const { holder, waiters } = await world.createRunner({ process: 'three' }).who(scope);
    expect(holder).toMatchObject({ pid: 0, purpose: expect.stringContaining('connection') });
    const said = (name: string) => ({ pid: process.pid, purpose: `"it's" \\ for */ ${name}; 🔒` });
    expect(waiters).toMatchObject([said('one'), said('two')]);
    cancel.abort();
    expect(await Promise.all(waits)).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('is contention for a holder elsewhere, unless it ranks higher', async () => {
    const [one, two] = [
      world.createRunner({ process: 'one', leaseMs: 1_000 }),
      world.createRunner({ process: 'two' }),
    ];
    const higher = await one.acquire(scope, { priority: 'interactive' });
    const same = await one.acquire(`${scope}:2`, { priority: 'background' }); // asks the server after the other one
    const cancel = new AbortController();
    const options = { ...forever, priority: 'background', signal: cancel.signal } as const;
    const waits = [scope, `${scope}:2`].map((name) => two.run(name, options, () => 'ran'));
    const ended = Promise.allSettled(waits);
    await until(() => same.contended());
    expect(higher.contended()).toBe(false);
    cancel.abort();
    await ended;
    await until(() => !same.contended());
    await same.release();
    await higher.release();
  });

  async function fillConnections(): Promise<void> {
    const refusal = await untilRefused(() => world.open());
    expect(refusal).toMatchObject({ code: 'ER_CON_COUNT_ERROR' });
  }
});

async function untilRefused(open: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await open();
    } catch (error) {
      return error;
    }
  }
}
