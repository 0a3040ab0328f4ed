/** The MySQL lock between real processes: exclusion, death, and holders that are stopped while their connection is ended. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { mysqlLockName } from '@holdfast/lock-runner/mysql';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { isMissing } from '../support/needs.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { overlapsInLog } from './hold-log.ts';
import { type LockProcess, type Runtime, startLockProcess } from './lock-process.ts';

const scope = 'policy:gw1';
const name = mysqlLockName('holdfast', scope);
const bothRuntimes = ['node', 'bun'] as const satisfies readonly Runtime[];

describe.skipIf(isMissing('mariadb'))('the mysql lock', () => {
  let server: MariadbServer;
  let admin: Connection;
  let base: TemporaryDirectory;
  let file: string;
  let started: LockProcess[];

  beforeAll(async () => {
    server = await startMariadbServer();
    admin = await createConnection(server.connection);
  });

  afterAll(async () => {
    await admin?.end();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    base = await temporaryDirectory();
    file = join(base.path, 'document');
    writeFileSync(file, '');
    started = [];
  });

  afterEach(async () => {
    await Promise.all(started.map((child) => child.kill()));
    while ((await holder()) !== undefined) await turn(); // the server sees that they are gone
    await base[Symbol.asyncDispose]();
  });

  async function ask(sql: string): Promise<readonly unknown[]> {
    const [rows] = await admin.query({ sql, rowsAsArray: true });
    return (rows as unknown as unknown[][]).map(([value]) => value);
  }

  /** The connection that has the lock. */
  async function holder(): Promise<number | undefined> {
    const [id] = await ask(`SELECT IS_USED_LOCK('${name}')`);
    return id === null ? undefined : Number(id);
  }

  async function waiting(count: number): Promise<void> {
    const query = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'";
    while ((await ask(query)).length !== count) await turn();
  }

  async function endConnectionOfHolder(): Promise<void> {
    const id = await holder();
    await admin.query(`KILL ${id}`);
    while ((await holder()) === id) await turn();
  }

  /** A process of the host that is named; hosts share the server and nothing else. */
  async function start(runtime: Runtime = 'node', host = 'host', leaseMs = 15_000): Promise<LockProcess> {
    const directory = join(base.path, host);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const backend = JSON.stringify({ connection: server.connection, leaseMs });
    const child = await startLockProcess({ directory, scope, runtime, script: 'mysql-child.ts', backend });
    started.push(child);
    return child;
  }

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
        Array.from({ length: counterProcesses }, (_, place) => start(place % 2 === 0 ? 'node' : 'bun')),
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

  it('serves processes in the order they came', async () => {
    const children = await Promise.all(
      Array.from({ length: 6 }, (_, place) => start(bothRuntimes[place % 2])),
    );
    const [first, ...others] = children;
    await first?.ask('acquire 0', 'held');
    for (const [place, child] of others.entries()) {
      child.say(`take ${file} ${place}`);
      await waiting(place + 1);
    }
    await first?.ask('release', 'released');
    for (const child of others) {
      await child.hear('published');
      await child.ask('release', 'released');
    }
    expect(published()).toEqual(others.map((_, place) => String(place)));
  });

  it(
    'is free within a second of the death of its holder, every time',
    async () => {
      let next = start('bun');
      let current = await start();
      await current.ask('acquire 0', 'held');
      const tookMs: number[] = [];
      for (let round = 0; round < counts.killRounds; round += 1) {
        const waiter = await next;
        next = start(round % 2 === 0 ? 'node' : 'bun'); // it starts while this round runs
        await waiter.ask('acquire Infinity', 'waiting');
        await waiting(1);
        const killedMs = performance.now();
        const killed = current.kill();
        await waiter.hear('held');
        tookMs.push(performance.now() - killedMs);
        await killed;
        current = waiter; // and dies in the next round, holding
      }
      await next;
      expect(Math.max(...tookMs)).toBeLessThan(1_000);
    },
    isSoak ? 1_800_000 : 60_000,
  );

  it.each(bothRuntimes)(
    'stops nobody behind a waiter on %s that was killed',
    { timeout: isSoak ? 600_000 : 60_000 },
    async (runtime) => {
      const [first, last] = await Promise.all([start(), start()]);
      for (let round = 0; round < counts.waiterKillRounds; round += 1) {
        await first.ask('acquire 0', 'held');
        const doomed = await start(runtime);
        await doomed.ask('acquire Infinity', 'waiting');
        await waiting(1);
        await last.ask('acquire Infinity', 'waiting');
        await waiting(2);
        await doomed.kill(); // the server has not noticed yet
        await first.ask('release', 'released');
        await last.hear('held');
        await last.ask('release', 'released');
      }
    },
  );

  it('gives generations that grow across processes, runtimes and kills', async () => {
    const fences: number[] = [];
    for (const runtime of [...bothRuntimes, ...bothRuntimes]) {
      const child = await start(runtime, `host of ${runtime}`.replaceAll(' ', '-'));
      await child.ask('acquire Infinity', 'held');
      fences.push(Number(await child.ask('fence', 'fence')));
      await child.kill();
    }
    expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b));
  });

  describe.each(bothRuntimes)('a holder on %s whose connection was ended while it was stopped', (runtime) => {
    it('before its publish, publishes nothing after its successor', async () => {
      const [older, newer] = await Promise.all([start(runtime), start()]);
      await older.ask('acquire 0', 'held');
      await stop(older);
      await endConnectionOfHolder();
      await newer.ask(`take ${file} new`, 'published');
      older.say(`publish ${file} old`); // read before it hears of its connection
      resume(older);
      await expect(older.hear('error')).resolves.toBe('LOCK_LOST');
      await expect(older.ask('fence', 'error')).resolves.toBe('LOCK_LOST');
      await newer.ask(`publish ${file} newer`, 'published');
      await older.ask('release', 'released');
      expect(published()).toEqual(['new', 'newer']);
    });

    it('inside its publish, is waited for by its successor', async () => {
      const [older, newer] = await Promise.all([start(runtime), start()]);
      await older.ask('acquire 0', 'held');
      older.say(`stall ${file} old`);
      await stopped(older);
      await endConnectionOfHolder();
      newer.say(`take ${file} new`);
      while ((await holder()) === undefined) await turn(); // it has the lock, and not yet the right to publish
      for (let looks = 0; looks < 20; looks += 1) await turn();
      expect(published()).toEqual([]);
      resume(older);
      await newer.hear('published');
      await older.hear('published');
      expect(published()).toEqual(['old', 'new']);
      await expect(older.ask(`publish ${file} late`, 'error')).resolves.toBe('LOCK_LOST');
      expect(published()).toEqual(['old', 'new']);
    });

    it('after its publish, publishes nothing more', async () => {
      const [older, newer] = await Promise.all([start(runtime), start()]);
      await older.ask('acquire 0', 'held');
      await older.ask(`publish ${file} old`, 'published');
      await stop(older);
      await endConnectionOfHolder();
      await newer.ask(`take ${file} new`, 'published');
      resume(older);
      await older.ask('lost', 'lost');
      await expect(older.ask(`publish ${file} late`, 'error')).resolves.toBe('LOCK_LOST');
      expect(published()).toEqual(['old', 'new']);
    });

    it('for longer than its lease, is refused on another host too', async () => {
      const [older, newer] = await Promise.all([
        start(runtime, 'host', 1_000),
        start('node', 'other', 1_000),
      ]);
      await older.ask('acquire 0', 'held');
      await stop(older);
      await endConnectionOfHolder();
      await newer.ask(`take ${file} new`, 'published');
      const stoppedMs = performance.now();
      while (performance.now() - stoppedMs < 1_100) await turn(); // the length of the lease is what is tested
      older.say(`publish ${file} old`);
      resume(older);
      await expect(older.hear('error')).resolves.toBe('LOCK_LOST');
      expect(published()).toEqual(['new']);
    });
  });

  it.each(bothRuntimes)('lets a process on %s end that has given its locks back', async (runtime) => {
    const child = await start(runtime);
    await child.ask('acquire 0', 'held');
    await child.ask('release', 'released');
    await child.ask('leave', 'left');
    await child.ended;
  });
});
