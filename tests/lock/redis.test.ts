/** The Redis lock between real processes: exclusion, death, and holders that are stopped past their lease. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { lockFileName } from '@holdfast/lock-runner';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { overlapsInLog } from './hold-log.ts';
import { type LockProcess, type Runtime, startLockProcess } from './lock-process.ts';

const scope = 'policy:gw1';
const key = `holdfast:lock:{${lockFileName(scope).replace('.lock', '')}}`;
const bothRuntimes = ['node', 'bun'] as const satisfies readonly Runtime[];
/** For holders that are killed, and lose nothing when a busy machine makes them late. */
const shortestLeaseMs = 300;
const shortLeaseMs = 1_000;
const longLeaseMs = 10_000;

describe.skipIf(isMissing('redis'))('the redis lock', () => {
  let server: RedisServer;
  let admin: ReturnType<typeof connectTo>;
  let base: TemporaryDirectory;
  let file: string;
  let started: LockProcess[];

  const connectTo = (path: string) =>
    createClient({ socket: { path, tls: false, reconnectStrategy: () => 20 } }).on('error', () => undefined);
  const tokenOf = async () => (await admin.get(key))?.slice(0, 48);

  beforeAll(async () => {
    server = await startRedisServer();
    admin = connectTo(server.socketPath);
    await admin.connect();
  });

  afterAll(async () => {
    admin.destroy();
    await server[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    base = await temporaryDirectory();
    file = join(base.path, 'document');
    writeFileSync(file, '');
    started = [];
    await admin.flushAll();
  });

  afterEach(async () => {
    await Promise.all(started.map((child) => child.kill()));
    await base[Symbol.asyncDispose]();
  });

  /** A process of the host that is named; hosts share the server and nothing else. */
  async function start(leaseMs: number, runtime: Runtime = 'node', host = 'host'): Promise<LockProcess> {
    const directory = join(base.path, host);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const backend = JSON.stringify({ path: server.socketPath, leaseMs });
    const child = await startLockProcess({ directory, scope, runtime, script: 'redis-child.ts', backend });
    started.push(child);
    return child;
  }

  /** Resolves when the process is stopped. */
  async function stopped({ pid }: LockProcess): Promise<void> {
    while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await turn();
  }

  async function stop(child: LockProcess): Promise<void> {
    process.kill(child.pid, 'SIGSTOP');
    await stopped(child);
  }

  const resume = (child: LockProcess) => process.kill(child.pid, 'SIGCONT');
  const published = () => readFileSync(file, 'latin1').split('\n').filter(Boolean);

  it(
    'keeps a counter exact and no two holds overlapping, Node and Bun together',
    async () => {
      writeFileSync(file, '0');
      const { counterProcesses, counterRounds } = counts;
      const children = await Promise.all(
        Array.from({ length: counterProcesses }, (_, place) =>
          start(longLeaseMs, place % 2 === 0 ? 'node' : 'bun'),
        ),
      );
      for (const child of children) child.say(`count ${counterRounds} ${file}`);
      for (const child of children) await child.hear('counted');
      const log = readFileSync(`${file}.log`, 'latin1').trim().split('\n');
      expect(log).toHaveLength(2 * counterProcesses * counterRounds);
      expect(overlapsInLog(log)).toEqual([]);
      expect(readFileSync(file, 'latin1')).toBe(String(counterProcesses * counterRounds));
    },
    isSoak ? 900_000 : 120_000,
  );

  it(
    'of a holder that is killed is free after its lease, every time',
    async () => {
      let next = start(shortestLeaseMs, 'bun');
      let holder = await start(shortestLeaseMs);
      await holder.ask('acquire Infinity', 'held');
      const tookMs: number[] = [];
      for (let round = 0; round < counts.leaseKillRounds; round += 1) {
        const waiter = await next;
        next = start(shortestLeaseMs, round % 2 === 0 ? 'node' : 'bun'); // it starts while this round runs
        const token = await tokenOf();
        waiter.say('hold');
        while ((await admin.zCard(`${key}:line`)) === 0 && (await tokenOf()) === token) await turn();
        const killedMs = performance.now();
        const killed = holder.kill();
        await waiter.hear('held');
        tookMs.push(performance.now() - killedMs);
        await killed;
        holder = waiter; // and dies in the next round, holding
      }
      await next;
      expect(Math.max(...tookMs)).toBeLessThan(shortestLeaseMs + 1_000);
    },
    isSoak ? 1_800_000 : 60_000,
  );

  it.each(bothRuntimes)('is passed on over a waiter on %s that was killed', async (runtime) => {
    const [holder, doomed, last] = await Promise.all([
      start(longLeaseMs),
      start(longLeaseMs, runtime),
      start(longLeaseMs),
    ]);
    await holder.ask('acquire Infinity', 'held');
    await doomed.ask('acquire Infinity', 'waiting');
    await last.ask('acquire Infinity', 'waiting');
    await doomed.kill();
    await holder.ask('release', 'released');
    await last.hear('held');
    await last.ask('release', 'released');
    expect((await admin.keys('*')).sort()).toEqual([`${key}:fence`]);
  });

  describe.each(bothRuntimes)('of a holder on %s that is stopped past its lease', (runtime) => {
    it.each([
      ['this host', 'before its fence', 'host'],
      ['this host', 'after its fence', 'host'],
      ['another host', 'before its fence', 'elsewhere'],
      ['another host', 'after its fence', 'elsewhere'],
    ])('goes to a successor on %s: %s it publishes nothing any more', async (_where, when, host) => {
      const [holder, successor] = await Promise.all([
        start(shortLeaseMs, runtime),
        start(longLeaseMs, 'node', host),
      ]);
      await holder.ask('acquire 0', 'held');
      const older = when.startsWith('after') ? Number(await holder.ask('fence', 'fence')) : 0;
      await stop(holder);
      await successor.ask('acquire Infinity', 'waiting');
      await successor.hear('held');
      expect(Number(await successor.ask('fence', 'fence'))).toBeGreaterThan(older);
      await successor.ask(`publish ${file} new`, 'published');
      const token = await tokenOf();
      holder.say(`publish ${file} old`);
      resume(holder);
      expect(await holder.hear('error')).toBe('LOCK_LOST');
      expect(await holder.ask('lost', 'lost')).toBe('LOCK_LOST');
      await holder.ask('release', 'released');
      expect(await tokenOf()).toBe(token);
      expect(published()).toEqual(['new']);
      await successor.ask('release', 'released');
    });

    it('in the middle of a publish goes to a successor on this host only when that has landed', async () => {
      const [holder, successor] = await Promise.all([
        start(shortLeaseMs, runtime),
        start(shortLeaseMs, 'node'),
      ]);
      await holder.ask('acquire 0', 'held');
      const older = await tokenOf();
      holder.say(`stall ${file} old`);
      await stopped(holder);
      successor.say(`take ${file} new`);
      // The server has granted it, and it renews what it may not use yet.
      let renewals = 0;
      for (let restMs = 0; renewals < 3; await turn()) {
        const [token, nowRestMs] = [await tokenOf(), await admin.pTTL(key)];
        if (token !== undefined && token !== older && nowRestMs > restMs) renewals += 1;
        restMs = nowRestMs;
      }
      const token = await tokenOf();
      expect(published()).toEqual([]);
      resume(holder);
      await holder.hear('published');
      await successor.hear('published');
      await expect(holder.ask(`publish ${file} late`, 'error')).resolves.toBe('LOCK_LOST');
      await holder.ask('release', 'released');
      expect(await tokenOf()).toBe(token);
      expect(published()).toEqual(['old', 'new']);
      await successor.ask('release', 'released');
    });

    it('stays its own when nobody took it and it was only shorter', async () => {
      const [holder, other] = await Promise.all([start(longLeaseMs, runtime), start(longLeaseMs)]);
      await holder.ask('acquire 0', 'held');
      await stop(holder);
      await expect(other.ask('acquire 0', 'error')).resolves.toBe('LOCK_BUSY');
      resume(holder);
      await holder.ask(`publish ${file} mine`, 'published');
      expect(published()).toEqual(['mine']);
    });
  });

  it.each(bothRuntimes)(
    'is lost to a holder on %s when the server dies, and goes on when it is back',
    async (runtime) => {
      const holder = await start(shortLeaseMs, runtime);
      await holder.ask('acquire 0', 'held');
      const older = Number(await holder.ask('fence', 'fence'));
      await server.kill();
      expect(await holder.ask('lost', 'lost')).toBe('LOCK_LOST');
      await expect(holder.ask(`publish ${file} old`, 'error')).resolves.toBe('LOCK_LOST');
      await holder.ask('release', 'released');
      await expect(holder.ask('acquire 0', 'error')).resolves.toBe('LOCK_SERVER');
      await server.start();
      while (!admin.isReady) await turn();
      await holder.ask(`take ${file} new`, 'published');
      expect(Number(await holder.ask('fence', 'fence'))).toBeGreaterThan(older);
      expect(published()).toEqual(['new']);
    },
  );

  it.each(bothRuntimes)('keeps no process on %s running that has waited for it once', async (runtime) => {
    const [holder, waiter] = await Promise.all([start(longLeaseMs), start(longLeaseMs, runtime)]);
    await holder.ask('acquire 0', 'held');
    await waiter.ask('acquire Infinity', 'waiting');
    await holder.ask('release', 'released');
    await waiter.hear('held');
    await waiter.ask('release', 'released');
    await waiter.ask('leave', 'left');
    const leftMs = performance.now();
    await expect(waiter.hear('anything')).rejects.toThrow('ended');
    expect(performance.now() - leftMs).toBeLessThan(5_000); // sooner than the connection is closed for want of waits
  });
});
