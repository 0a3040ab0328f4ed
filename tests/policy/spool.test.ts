/** From the spool into truth: every event once, whatever order, whatever dies, and whatever else lies there. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { endLostSessions, type SpoolReport } from '@holdfast/gateway-policy';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { counts } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { type HookWorld, hookGateway, hookWorld, runHook } from './hook-world.ts';

const child = join(repository, 'tests/policy/spool-child.ts');

const call = (world: HookWorld, verb: string, user: string, ...more: readonly string[]) =>
  runHook(['--spool', world.spool, 'event', verb, `user=${user}`, ...more]);

/** An event as a hook would have written it at this moment of the boot. */
function drop(world: HookWorld, name: string, values: Readonly<Record<string, string>>): void {
  const all = {
    v: '1',
    source: 'pppd',
    verb: 'up',
    user: 'ana',
    session: '7.0',
    boot: 'b'.repeat(32),
    uptime: '9.00',
    ...values,
  };
  const text = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(world.spool, `${name}.event`), text.join(''), { mode: 0o600 });
}

describe('hooks that are called at once', () => {
  it(`are all in truth exactly once (${counts.hooksAtOnce} of them, two ingesting)`, async () => {
    await using world = await hookWorld();
    const users = Array.from({ length: counts.hooksAtOnce }, (_, index) => `user-${index}`);
    await world.users(...users);
    const hosts = users.map((_, index) => `10.9.${index >> 8}.${index & 255}`);
    const calls = users.map((user, index) =>
      call(world, 'up', user, `session=${index}`, `framed_ip=${hosts[index]}`),
    );
    const during = [world.ingest(), world.ingest()];
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([0]));
    const reports = await Promise.all([...during, world.ingest(), world.ingest({ batchSize: 7 })]);
    reports.push(await world.ingest());
    expect(reports.reduce((sum, { applied }) => sum + applied, 0)).toBe(users.length);
    expect(await world.sessions()).toEqual(users.map((user, index) => `${user} ${hosts[index]}`).toSorted());
    expect(readdirSync(world.spool)).toEqual([]);
    expect(await world.everything()).toMatchObject({ triggers: { length: users.length } });
  }, 300_000);
});

describe.each(Object.entries(runtimes))('an ingester on %s', (_, runtime) => {
  it('that is killed between commit and removal is repeated without any change', async () => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    await call(world, 'up', 'ana', 'session=1', 'framed_ip=10.9.0.1');
    await call(world, 'up', 'bob', 'session=2', 'framed_ip=10.9.0.2');
    await call(world, 'down', 'bob', 'session=2');
    const args = [...childProgram(child), world.databaseUrl, world.spool, hookGateway];
    const killed = await runProcess(runtime, [...args, 'die']);
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(await world.sessions()).toEqual(['ana 10.9.0.1']);
    expect(world.waiting()).toHaveLength(3);
    const before = await world.everything();
    const again = await runProcess(runtime, args);
    expect(JSON.parse(again.stdout) as SpoolReport).toMatchObject({
      applied: 0,
      ignored: 3,
      stuck: [],
      refused: [],
    });
    expect(await world.everything()).toEqual(before);
    expect(readdirSync(world.spool)).toEqual([]);
  });
});

describe('events of an address that is given away again', () => {
  const story = [
    ['ana-up', { uptime: '10.00' }],
    ['ana-down', { uptime: '20.00', verb: 'down' }],
    ['bob-up', { uptime: '30.00', user: 'bob', session: '8.0' }],
    ['ana-again', { uptime: '50.00' }],
  ] as const;

  it('end in the same state in every order, one by one and twice', async () => {
    await using world = await hookWorld();
    for (const [index, order] of permutations(story).entries()) {
      const [ana, bob, address] = [`ana${index}`, `bob${index}`, `10.9.1.${index + 1}`];
      await world.users(ana, bob);
      for (const [name, values] of [...order, ...order]) {
        const user = 'user' in values ? bob : ana;
        drop(world, name, { framed_ip: address, ...values, user });
        await world.ingest();
      }
      const held = (await world.sessions()).filter((session) => session.endsWith(` ${address}`));
      expect({ order: order.map(([name]) => name), held }).toMatchObject({ held: [`${ana} ${address}`] });
    }
  });

  it('are taken in the order of the kernel, whatever they are called', async () => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    for (const [index, [, values]] of story.entries())
      drop(world, `${9 - index}`, { framed_ip: '10.9.0.1', ...values });
    expect(await world.ingest()).toMatchObject({ applied: 4, ignored: 0 });
    expect(await world.sessions()).toEqual(['ana 10.9.0.1']);
  });
});

describe('what is no event of ours', () => {
  it.each([
    ['malformed', (path: string) => writeFileSync(path, 'v=1\n')],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['huge', (path: string, event: string) => writeFileSync(path, `${event}${'x'.repeat(100_000)}=1\n`)],
    ['a link', (path: string, _: string, elsewhere: string) => symlinkSync(elsewhere, path)],
    ['a second name', (path: string, _: string, elsewhere: string) => linkSync(elsewhere, path)],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ])('is set aside and told: %s', async (_, make) => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    await call(world, 'up', 'ana', 'session=1', 'framed_ip=10.9.0.1');
    const event = 'v=1\nsource=pppd\nverb=up\nuser=bob\nsession=2\n';
    const elsewhere = join(world.stateDir, 'elsewhere');
    writeFileSync(elsewhere, event);
    make(join(world.spool, 'odd.event'), event, elsewhere);
    expect(await world.ingest()).toMatchObject({ applied: 1, refused: [{ name: 'odd.event' }], stuck: [] });
    expect(readdirSync(join(world.spool, 'refused'))).toEqual(['odd.event']);
    expect(await world.ingest()).toMatchObject({ applied: 0, refused: [] });
  });

  it.skipIf(isMissing('root'))('is a file of somebody who was not given the spool', async () => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    await call(world, 'up', 'ana', 'session=1');
    const [name = ''] = world.waiting();
    chownSync(join(world.spool, name), 65_534, 65_534);
    expect(await world.ingest()).toMatchObject({
      applied: 0,
      refused: [{ because: 'it is owned by user 65534' }],
    });
    await call(world, 'up', 'bob', 'session=1');
    chownSync(join(world.spool, world.waiting()[0] ?? ''), 65_534, 65_534);
    chmodSync(world.spool, 0o770);
    expect(await world.ingest()).toMatchObject({ applied: 1, refused: [] });
  });

  it('is left alone when it is still being written, and removed when it never was finished', async () => {
    await using world = await hookWorld();
    writeFileSync(join(world.spool, '.new.tmp'), 'v=1\n');
    writeFileSync(join(world.spool, '.old.tmp'), 'v=1\n');
    utimesSync(join(world.spool, '.old.tmp'), 1, 1);
    await world.ingest();
    expect(readdirSync(world.spool)).toEqual(['.new.tmp']);
  });

  it('is an event of another gateway, which stays for that one', async () => {
    await using world = await hookWorld();
    await world.users('ana');
    drop(world, 'a', { gateway: 'gw2' });
    expect(await world.ingest()).toMatchObject({ applied: 0, foreign: 1 });
    expect(world.waiting()).toEqual(['a.event']);
  });
});

describe('an event', () => {
  it('of somebody unknown is told and forgotten', async () => {
    await using world = await hookWorld();
    drop(world, 'a', { user: 'mallory' });
    expect(await world.ingest()).toMatchObject({ unknownTotal: 1, unknownUsers: ['mallory'] });
    expect(world.waiting()).toEqual([]);
  });

  it('that truth cannot take stays, and keeps no other one back', async () => {
    await using world = await hookWorld();
    const [ana = 0] = await world.users('ana', 'bob');
    await sql`create trigger spoilt before insert on active_session_locks when new.vpn_connection_id = ${sql.lit(ana)}
      begin select raise(abort, 'spoilt'); end`.execute(world.truth.db);
    drop(world, 'a', { framed_ip: '10.9.0.1' });
    drop(world, 'b', { user: 'bob', session: '8.0', framed_ip: '10.9.0.2' });
    expect(await world.ingest()).toMatchObject({
      applied: 1,
      failed: [{ name: 'a.event', code: 'TRUTH_INVALID' }],
    });
    expect(world.waiting()).toEqual(['a.event']);
  });

  it('in a directory that is not there is none', async () => {
    await using world = await hookWorld();
    expect(await world.ingest({ directory: join(world.spool, 'nowhere') })).toMatchObject({
      applied: 0,
      refused: [],
    });
  });

  it('that is still there when the ingester is stopped stays there', async () => {
    await using world = await hookWorld();
    drop(world, 'a', {});
    await expect(world.ingest({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(world.waiting()).toEqual(['a.event']);
  });
});

describe('a gateway that lost power', () => {
  it('ends what hooks have told before, and keeps what they told since', async () => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    drop(world, 'before', { framed_ip: '10.9.0.1' });
    await call(world, 'up', 'bob', 'session=1', 'framed_ip=10.9.0.2');
    await world.ingest();
    const { truth } = world;
    const options = { truth, gateway: hookGateway, at: Date.now(), signal: new AbortController().signal };
    expect(await endLostSessions({ ...options, bootIdPath: '/nowhere' })).toBe(0);
    expect(await endLostSessions(options)).toBe(1);
    expect(await world.sessions()).toEqual(['bob 10.9.0.2']);
    expect(await endLostSessions(options)).toBe(0);
  });
});

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
