/** What an operator sees and does: sessions list, sessions release, credentials renew, as processes. */
import { join } from 'node:path';
import { findRadiusLogin, isRadiusSecretOf } from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ntHashOf } from '../../apps/radius-mapper/src/credentials/nt-hash.ts';
import { release } from '../../apps/radius-mapper/src/sessions/sessions-release.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { type Finished, runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { type AccountingWorld, accountingWorld, eventOf, gateway, nas } from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };
const laptop = { user: 'ana', caller: '203.0.113.77' };

describe('an operator on SQLite', () => {
  describeOperator(async (place) => `sqlite:${join(place.path, 'truth.sqlite')}`);
});

describe.skipIf(isMissing('mariadb'))('an operator on MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadbServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('lists and releases there too', async () => {
    await using place = await temporaryDirectory();
    const database = await emptyDatabase(server);
    await using world = await accountingWorld({ database });
    const id = await begun(world);
    const command = (...words: readonly string[]) => run(place.path, database, words);
    expect((await command('sessions', 'list')).stdout).toContain('ana');
    expect((await command('sessions', 'release', 'ana')).status).toBe(0);
    expect((await world.lock(id))?.state).toBe('released');
    expect((await command('credentials', 'renew', 'ana', '--ms-chap')).status).toBe(0);
  });
});

function describeOperator(databaseIn: (place: TemporaryDirectory) => Promise<string>): void {
  let place: TemporaryDirectory;
  let database: string;
  let world: AccountingWorld;

  beforeEach(async () => {
    place = await temporaryDirectory();
    database = await databaseIn(place);
    world = await accountingWorld({ database, stateDir: place.path });
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  const command = (...words: readonly string[]) => run(place.path, database, words);
  const document = async (...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
    const { status, stdout } = await command(...words, '--json');
    return { ...JSON.parse(stdout), status };
  };

  it('sees who is connected, as a table and as a document', async () => {
    expect((await command('sessions', 'list')).stdout).toBe('nobody is connected\n');
    const id = await begun(world);
    await world.login(await world.connection('ben'), { user: 'ben', caller: 'c' });
    const { status, stdout } = await command('sessions', 'list');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]?.split(/\s+/)).toEqual([
      ...['CONNECTION', 'USER', 'GATEWAY', 'NAS', 'ADDRESS', 'SESSION', 'STATE', 'SINCE', 'LEFT'],
    ]);
    expect(lines[1]).toMatch(new RegExp(`^${id} +ana +${gateway} +${nas} +10\\.8\\.0\\.7 +s1 +begun +`));
    expect(lines[2]).toContain('pending');
    expect(await document('sessions', 'list', '--user', 'ana')).toMatchObject({
      status: 0,
      hasMore: false,
      sessions: [{ vpnConnectionId: id, userName: 'ana', framedIp: '10.8.0.7', state: 'begun' }],
    });
    expect(await document('sessions', 'list', '--gateway', 'other')).toMatchObject({ sessions: [] });
    expect(await document('sessions', 'list', '--limit', '1')).toMatchObject({ hasMore: true });
    expect(stdout).not.toContain((await world.lock(id))?.holder_token);
  });

  it('releases a session by the name of its user, and is told which', async () => {
    const id = await begun(world);
    const { status, stdout } = await command('sessions', 'release', 'ana', '--reason', 'ticket 1234');
    expect(status).toBe(0);
    expect(stdout).toContain(`connection ${id} (ana): ${gateway} ${nas} 10.8.0.7 s1`);
    expect(await world.ended(id)).toMatchObject([{ release_reason: 'ticket 1234', nas_disconnect: 'due' }]);
    expect(await world.triggers()).toEqual(['session-start', 'session-end']);
    expect(await document('sessions', 'release', `${id}`)).toMatchObject({
      status: 65,
      error: { code: 'SESSION_UNKNOWN' },
    });
  });

  it('does not release another session than the one that was meant', async () => {
    const id = await begun(world);
    const earlier = Date.parse((await world.lock(id))?.expires_at ?? '') - 3_600_000;
    const refusal = await document('sessions', 'release', `${id}`, '--acquired-at', `${earlier}`);
    expect(refusal).toMatchObject({ status: 75, error: { code: 'VERSION_CONFLICT' } });
    expect((await world.lock(id))?.state).toBe('held');
  });

  it('does not release a session that came while he looked', async () => {
    const id = await begun(world, Date.now() - 3_600_000);
    const released = release(world.truth, 'ana', {
      reason: 'operator',
      acquiredAt: undefined,
      onLooked: async () => {
        await world.login(id, laptop);
      },
    });
    await expect(released).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect((await world.lock(id))?.state).toBe('held');
  });

  it('ends as what is wrong says', async () => {
    const table: readonly (readonly [readonly string[], number])[] = [
      [['sessions', 'release', 'nobody'], 65],
      [['sessions', 'release'], 64],
      [['sessions', 'release', 'ana', '--acquired-at', 'yesterday'], 64],
      [['sessions', 'release', 'ana', '--reason', 'x'.repeat(65)], 64],
      [['sessions', 'list', '--limit', '0'], 64],
      [['credentials', 'renew', '4711'], 65],
    ];
    const ends = await Promise.all(table.map(async ([words]) => [words, (await command(...words)).status]));
    expect(ends).toEqual(table);
  });

  it('is told when an id is the user name of another', async () => {
    const id = await world.connection('ana');
    await world.connection(`${id}`);
    expect((await command('sessions', 'release', `${id}`)).status).toBe(64);
  });

  it('renews a password, which is told once and nowhere kept', async () => {
    await world.connection('ana');
    const { status, stdout, stderr } = await command('credentials', 'renew', 'ana');
    const secret = stdout.trim();
    expect(status).toBe(0);
    expect(secret).toMatch(/^[\w-]{24}$/);
    expect(stderr).toBe('');
    const first = await credentials();
    expect(isRadiusSecretOf(secret, first.radiusSecretHash ?? '')).toBe(true);
    expect(first.ntHash).toBeNull();
    const again = await document('credentials', 'renew', 'ana', '--ms-chap');
    expect(again).toMatchObject({ status: 0, user: 'ana', isMsChap: true });
    const second = await credentials();
    expect(isRadiusSecretOf(secret, second.radiusSecretHash ?? '')).toBe(false);
    expect(second.ntHash).toBe(await ntHashOf(String(again.secret)));
    await command('credentials', 'renew', 'ana');
    expect((await credentials()).ntHash).toBeNull();
  });

  async function credentials() {
    const login = await findRadiusLogin(world.truth.db, 'ana');
    if (login.kind !== 'allowed') throw new Error('ana may not log in');
    return login.credentials;
  }
}

async function begun(world: AccountingWorld, at = Date.now()): Promise<number> {
  const id = await world.connection(phone.user);
  const holderToken = await world.login(id, phone, at);
  await world.intake.take(eventOf('start', phone, { holderToken, framedIp: '10.8.0.7', receivedMs: at }));
  return id;
}

function run(stateDir: string, database: string, words: readonly string[]): Promise<Finished> {
  return runProcess(runtimes.node, [bins.mapper, ...words, '--state-dir', stateDir, '--database', database]);
}
