/** `vpn-radius-mapper` as a process, asked over plain HTTP: logins, its death, its end, and a database that is away. */
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate, openTruth } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { askMapper, readinessOf, vectorOf } from '../support/mapper-client.ts';
import { type MapperOptions, type MapperProcess, startMapper } from '../support/mapper-process.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { truthUrl } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { fillRadiusTruth } from '../support/radius-truth.ts';
import type { runtimes } from '../support/repository.ts';
import { serviceManagerDouble } from '../support/service-manager.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const password = 'correct horse';
const right = { password };

interface World extends AsyncDisposable {
  readonly path: string;
  readonly database: string;
  readonly options: MapperOptions;
}

async function sqliteWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'truth.sqlite');
  const database = `sqlite:${path}`;
  await using truth = openTruth(database);
  await migrate(truth);
  await fillRadiusTruth(truth, { users: 3, password });
  const dispose = () => directory[Symbol.asyncDispose]();
  return { path, database, options: { database, stateDir: directory.path }, [Symbol.asyncDispose]: dispose };
}

async function locksOf(database: string) {
  await using truth = openTruth(database);
  return await truth.db
    .selectFrom('active_session_locks')
    .select(['vpn_connection_id as id', 'confirmed_at', 'acquired_at', 'expires_at', 'request_vector'])
    .where('state', '=', 'held')
    .orderBy('id')
    .execute();
}

/** Asks again until the answer fits: nothing else tells when it will. */
async function eventually<Answer>(
  ask: () => Promise<Answer>,
  fits: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await delay(20);
  }
}

describe.each(['node', 'bun'] as const satisfies readonly (keyof typeof runtimes)[])(
  'a mapper on %s',
  (runtime) => {
    it('gives the session to one device, until its login is taken back, and ends in order', async () => {
      await using world = await sqliteWorld();
      await using mapper = await startMapper({ ...world.options, runtime });
      const first = await askMapper(mapper, 'login', 1, right);
      expect(first.status).toBe(200);
      expect(first.value('control:Tmp-String-0')).toBe(`lock-ok ${vectorOf(1)}`);
      expect(first.value('reply:Class')).toMatch(/^0x[0-9a-f]{72}$/);
      const second = await askMapper(mapper, 'login', 2, right);
      expect(second.status).toBe(401);
      expect(second.value('reply:Reply-Message')).toContain('in use by another device');
      expect((await askMapper(mapper, 'release-pending', 2)).status).toBe(204);
      expect((await askMapper(mapper, 'login', 3, right)).status).toBe(401);
      expect((await askMapper(mapper, 'release-pending', 1)).status).toBe(204);
      // Its own request is over for good, also for a mapper that reads it late.
      expect((await askMapper(mapper, 'login', 1, right)).status).toBe(503);
      expect((await askMapper(mapper, 'login', 4, right)).status).toBe(200);
      expect(await mapper.metric('holdfast_radius_accepts_total{session="granted"}')).toBe(2);
      expect(await mapper.metric('holdfast_radius_rejects_total{reason="busy"}')).toBe(2);
      const { status, stdout, stderr } = await mapper.stop();
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
      expect(stderr).toContain('"reason":"busy"');
      for (const secret of [password, mapper.secret]) expect(stderr).not.toContain(secret);
    });
  },
);

describe('a mapper that is killed', () => {
  it('leaves locks that are pending, and none that outlives its time', async () => {
    await using world = await sqliteWorld();
    const lease = ['--pending-lease', '2s'];
    await using mapper = await startMapper({ ...world.options, args: lease });
    const asked = [0, 1, 2].map((n) =>
      askMapper(mapper, 'login', n, { ...right, user: `user${n}` }).catch(() => undefined),
    );
    const [first] = await Promise.all([asked[0], mapper.kill().then(() => undefined)]);
    await Promise.all(asked);
    const left = await locksOf(world.database);
    // Whoever was answered has the lock; one that was not may have it.
    if (first?.status === 200) expect(left.map(({ id }) => id)).toContain(1);
    for (const { confirmed_at: confirmed, acquired_at: since, expires_at: until } of left) {
      expect(confirmed).toBeNull();
      expect(Date.parse(until) - Date.parse(since)).toBe(2_000);
    }
    await using next = await startMapper({ ...world.options, args: lease });
    const others = [10, 11, 12].map((n) =>
      eventually(
        () => askMapper(next, 'login', n, { ...right, user: `user${n - 10}` }),
        ({ status }) => status === 200,
      ),
    );
    for (const { text } of await Promise.all(others)) expect(text).toContain('lock-ok');
  });
});

describe('a mapper that is asked to stop', () => {
  it('answers what is under way, takes nothing more, and ends with 0', async () => {
    await using world = await sqliteWorld();
    await using manager = await serviceManagerDouble(world.options.stateDir);
    const env = { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '200000' };
    await using mapper = await startMapper({ ...world.options, args: ['--client-timeout', '1m'], env });
    await manager.told('READY=1');
    await manager.told('WATCHDOG=1');
    const slow = await beginRequest(mapper, { ...right, user: 'user0' });
    const ended = mapper.stop();
    await manager.told('STOPPING=1');
    await expect(fetch(`${mapper.url}/healthz`)).rejects.toThrow();
    expect(await slow.end()).toContain('lock-ok');
    expect((await ended).status).toBe(0);
  });
});

/** A request whose last byte the test sends. */
async function beginRequest({ port, secret }: MapperProcess, more: Readonly<Record<string, unknown>>) {
  const common = { v: 1, src: '127.0.0.1', nas_ip: '', caller: 'slow', req: vectorOf(1) };
  const body = JSON.stringify({ ...common, ...more });
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  const head = `POST /v1/login HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nContent-Length: ${body.length}`;
  const begun = new Promise((resolve) => socket.write(`${head}\r\n\r\n${body.slice(0, -1)}`, resolve));
  await begun;
  // Another request that was sent after it has been answered, so it has been begun.
  await fetch(`http://127.0.0.1:${port}/healthz`);
  return {
    end: async () => {
      let text = '';
      socket.on('data', (data: string) => {
        text += data;
      });
      socket.write(body.slice(-1));
      await once(socket, 'close');
      return text;
    },
  };
}

const isAway = (answer: { readonly status: number }) => answer.status === 503;
const isThere = (answer: { readonly status: number }) => answer.status === 200;

async function comesBack(mapper: MapperProcess, back: () => Promise<void>): Promise<void> {
  const away = await eventually(() => readinessOf(mapper), isAway);
  expect(away.reasons.join()).toContain('the database is away');
  const refused = await askMapper(mapper, 'login', 2, { ...right, user: 'user1' });
  expect(refused.status).toBe(503);
  expect(refused.text).toMatch(/^\{"code":"DATABASE_[A-Z]+"\}$/);
  expect(await mapper.metric('holdfast_database_up')).toBe(0);
  await back();
  await eventually(() => readinessOf(mapper), isThere);
  const admitted = await askMapper(mapper, 'login', 3, { ...right, user: 'user1' });
  expect(admitted.status).toBe(200);
  expect((await askMapper(mapper, 'login', 4, right)).status).toBe(401); // who was in before is still in
  expect(await mapper.metric('holdfast_database_outages_total')).toBe(1);
}

describe('a mapper whose database is away', () => {
  it('accepts nobody and says why, until its file is back', async () => {
    await using world = await sqliteWorld();
    await using mapper = await startMapper(world.options);
    expect((await askMapper(mapper, 'login', 1, right)).status).toBe(200);
    const moved = (from: string, to: string) =>
      Promise.all(['', '-wal', '-shm'].map((end) => rename(world.path + from + end, world.path + to + end)));
    await moved('', '.away');
    await comesBack(mapper, async () => {
      await moved('.away', '');
    });
  });

  it.skipIf(isMissing('mariadb'))('accepts nobody and says why, until its server is back', async () => {
    await using server = await startMariadbServer({ isDurable: true });
    await using directory = await temporaryDirectory();
    const database = truthUrl(server);
    {
      await using truth = openTruth(database);
      await migrate(truth);
      await fillRadiusTruth(truth, { users: 3, password });
    }
    await using mapper = await startMapper({ database, stateDir: directory.path });
    expect((await askMapper(mapper, 'login', 1, right)).status).toBe(200);
    await server.kill();
    await comesBack(mapper, () => server.start());
  });

  it.skipIf(isMissing('mariadb'))('from the start waits for it', async () => {
    await using server = await startMariadbServer({ isDurable: true });
    await using directory = await temporaryDirectory();
    const database = truthUrl(server);
    {
      await using truth = openTruth(database);
      await migrate(truth);
      await fillRadiusTruth(truth, { users: 1, password });
    }
    await server.stop();
    const starting = startMapper({ database, stateDir: directory.path });
    await server.start();
    await using mapper = await starting;
    expect((await askMapper(mapper, 'login', 1, right)).status).toBe(200);
  });
});
