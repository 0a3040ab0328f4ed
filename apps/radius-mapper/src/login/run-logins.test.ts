/** Batches of logins against a real truth. */
import { isRadiusSecretOf } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import {
  commonBody,
  type MapperWorld,
  mapperWorld,
  userPassword,
  vectorOf,
} from '../testing/mapper-world.ts';
import type { LoginJob } from './login-job.ts';
import { runLogins } from './run-logins.ts';

const gateway = { name: 'gw1', nasProfile: null };

function jobOf(
  n: number,
  user: string,
  more: Partial<LoginJob> & { readonly password?: string } = {},
): LoginJob {
  const { password = userPassword, ...rest } = more;
  const { nas_ip: nasIp, nas_id: nasId, v: _v, ...common } = commonBody(n, { user });
  return {
    reason: 'login',
    request: { ...common, nasIp, nasId, user, req: vectorOf(n) },
    gateway,
    sessionKey: `10.0.0.1|device-${n}|${user}`,
    isPasswordOf: (hash) => isRadiusSecretOf(password, hash),
    deadlineMs: Number.POSITIVE_INFINITY,
    ...rest,
  };
}

async function locks({ mapper }: MapperWorld) {
  return mapper.truth.db
    .selectFrom('active_session_locks')
    .select(['vpn_connection_id', 'session_key', 'request_vector', 'nas_applied'])
    .where('state', '=', 'held')
    .orderBy('vpn_connection_id')
    .execute();
}

describe('a batch of logins', () => {
  it('answers each by its own user, password and connection', async () => {
    await using world = await mapperWorld();
    const results = await runLogins(world.mapper, [
      jobOf(1, 'user0'),
      jobOf(2, 'user0'),
      jobOf(3, 'user1', { password: 'wrong' }),
      jobOf(4, 'nobody'),
      jobOf(5, 'USER2'),
      jobOf(6, 'user2'),
      jobOf(7, 'user2 '),
      jobOf(8, 'us\udcffer'),
    ]);
    expect(results).toMatchObject([
      { kind: 'accepted', session: 'granted', vpnConnectionId: 1 },
      { kind: 'refused', because: 'busy', by: { sessionKey: '10.0.0.1|device-1|user0' } },
      { kind: 'refused', because: 'wrong-password' },
      { kind: 'refused', because: 'unknown-user' },
      { kind: 'refused', because: 'unknown-user' },
      { kind: 'accepted', session: 'granted', vpnConnectionId: 3 },
      { kind: 'refused', because: 'unknown-user' },
      { kind: 'refused', because: 'unknown-user' },
    ]);
    expect(await locks(world)).toMatchObject([
      { vpn_connection_id: 1, request_vector: vectorOf(1) },
      { vpn_connection_id: 3, request_vector: vectorOf(6) },
    ]);
  });

  it('takes no lock for a wrong password', async () => {
    await using world = await mapperWorld();
    await runLogins(world.mapper, [jobOf(1, 'user0', { password: 'wrong' })]);
    expect(await locks(world)).toEqual([]);
  });

  it('looks at no password after FreeRADIUS has', async () => {
    await using world = await mapperWorld();
    const { isPasswordOf: _checked, ...job } = jobOf(1, 'user0', { reason: 'post-auth' });
    expect(await runLogins(world.mapper, [job])).toMatchObject([{ kind: 'accepted' }]);
  });

  it('gives the session of one device to the same request and to the same device again', async () => {
    await using world = await mapperWorld();
    const again = { ...jobOf(2, 'user0'), sessionKey: jobOf(1, 'user0').sessionKey };
    const [first, same, renewed] = await runLogins(world.mapper, [
      jobOf(1, 'user0'),
      jobOf(1, 'user0'),
      again,
    ]);
    expect([first, same, renewed]).toMatchObject([
      { kind: 'accepted' },
      { kind: 'accepted' },
      { kind: 'accepted' },
    ]);
    expect(await locks(world)).toHaveLength(1);
  });

  it('takes nothing for a client that no longer waits', async () => {
    await using world = await mapperWorld();
    const deadlineMs = world.mapper.clock.monotonicMs();
    const results = await runLogins(world.mapper, [jobOf(1, 'user0', { deadlineMs }), jobOf(2, 'user1')]);
    expect(results).toMatchObject([{ code: 'LOGIN_OVERLOAD' }, { kind: 'accepted' }]);
    expect(await locks(world)).toMatchObject([{ vpn_connection_id: 2 }]);
  });

  it('fails for the one that truth cannot take, not for those beside it', async () => {
    await using world = await mapperWorld();
    const gone = { name: 'gone', nasProfile: null };
    const results = await runLogins(world.mapper, [
      jobOf(1, 'user0'),
      jobOf(2, 'user1', { gateway: gone }),
      jobOf(3, 'user2'),
    ]);
    expect(results).toMatchObject([{ kind: 'accepted' }, { code: 'CONFIG_INVALID' }, { kind: 'accepted' }]);
    expect(await locks(world)).toMatchObject([{ vpn_connection_id: 1 }, { vpn_connection_id: 3 }]);
  });

  it('fails for all when truth is away', async () => {
    const world = await mapperWorld();
    await world[Symbol.asyncDispose]();
    const results = await runLogins(world.mapper, [jobOf(1, 'user0'), jobOf(2, 'user1')]);
    expect(results.every((result) => 'code' in result)).toBe(true);
  });

  it('stores what the NAS was told, so that the policy tells it nothing more', async () => {
    await using world = await mapperWorld({ gateway: { nasProfile: 'wispr' } });
    const profiled = { gateway: { name: 'gw1', nasProfile: 'wispr' } } as const;
    await world.mapper.truth.db
      .updateTable('vpn_connections')
      .set({ down_kbit: null, up_kbit: null })
      .where('id', '=', 3)
      .execute();
    const jobs = [jobOf(1, 'user0', profiled), jobOf(2, 'user1', profiled), jobOf(3, 'user2', profiled)];
    const [limited] = await runLogins(world.mapper, jobs);
    expect(limited).toMatchObject({
      attributes: expect.arrayContaining([{ name: 'WISPr-Bandwidth-Max-Up', value: 2_000_000 }]),
    });
    const [one, other, unlimited] = await locks(world);
    expect(one?.nas_applied).toMatch(/^[0-9a-f]{64}$/);
    expect(other?.nas_applied).toBe(one?.nas_applied);
    expect(unlimited?.nas_applied).toBeNull();
  });
});
