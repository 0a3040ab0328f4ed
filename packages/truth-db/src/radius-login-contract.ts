/** The look-up of a login by user name, on every database. */
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import {
  addCustomer,
  changeConnection,
  changeCustomer,
  claimConnection,
  findRadiusLogin,
  findRadiusLogins,
  hashRadiusSecret,
  isRadiusSecretOf,
  noPassword,
  provisionConnection,
  type RadiusLogin,
  type Truth,
} from './index.ts';
import { codeOf } from './testing/code-of.ts';
import { now } from './testing/session-world.ts';

const secret = 'a secret that nobody may read';
const ntHash = '0123456789abcdef0123456789abcdef';

export function radiusLoginsHold(truth: () => Truth): void {
  /** A connection that logs in as `userName`. */
  const provision = (userName: string, row: object = {}) =>
    truth().transaction(async (trx) => {
      const { id, token } = await provisionConnection(trx, { at: now });
      await trx
        .updateTable('vpn_connections')
        .set({ radius_username: userName, ...row })
        .where('id', '=', id)
        .execute();
      return { id, token };
    });
  const claimed = async (userName: string) => {
    const { id, token } = await provision(userName);
    const customerId = await truth().transaction((trx) =>
      addCustomer(trx, { email: 'ana@example.com', passwordHash: noPassword, at: now }),
    );
    await claimConnection(truth(), { token, customerId, at: now });
    return { id, customerId };
  };
  const find = (userName: string) => findRadiusLogin(truth().db, userName);
  const allowed = async (userName: string) => {
    const login = await find(userName);
    if (login.kind !== 'allowed') throw new Error(`refused: ${login.because}`);
    return login;
  };

  it('finds a connection with what its session is made of', async () => {
    const radiusSecretHash = hashRadiusSecret(secret);
    const row = {
      radius_secret_hash: radiusSecretHash,
      nt_hash: ntHash,
      static_ip: '198.51.100.6',
      down_kbit: 5_000,
    };
    const { id } = await provision('ana', row);
    const login = await allowed('ana');
    expect(login).toEqual({
      kind: 'allowed',
      vpnConnectionId: id,
      status: 'PREPROVISIONED',
      customerStatus: null,
      isRestricted: false,
      staticIp: '198.51.100.6',
      downKbit: 5_000,
      upKbit: null,
    });
    expect(login.credentials).toEqual({ radiusSecretHash, ntHash });
    expect(isRadiusSecretOf(secret, login.credentials.radiusSecretHash ?? '')).toBe(true);
  });

  it('finds it in a transaction as it is there', async () => {
    const { id } = await provision('ana');
    const found = await truth().transaction(async (trx) => {
      await trx.updateTable('vpn_connections').set({ radius_username: 'ben' }).where('id', '=', id).execute();
      return [await findRadiusLogin(trx, 'ben'), await findRadiusLogin(trx, 'ana')];
    });
    expect(found).toMatchObject([{ vpnConnectionId: id }, { kind: 'refused', because: 'unknown' }]);
  });

  it('finds many at once, in the order they are asked for, each as often', async () => {
    const [ana, ben] = [await provision('ana', { nt_hash: ntHash }), await provision('ben')];
    await changeConnection(truth(), { vpnConnectionId: ben.id, event: { kind: 'disable' }, at: now });
    await provision('\ufffd');
    const names = ['ben', 'nobody', 'ana', 'ANA', '\ud800', 'ana', 'ben'];
    const logins = await findRadiusLogins(truth().db, names);
    expect(logins).toEqual(await Promise.all(names.map(find)));
    expect(
      logins.map((login) => ('vpnConnectionId' in login ? login.vpnConnectionId : login.because)),
    ).toEqual([ben.id, 'unknown', ana.id, 'unknown', 'unknown', ana.id, ben.id]);
    const hashes = logins.map((login) => (login.kind === 'allowed' ? login.credentials.ntHash : null));
    expect(hashes).toEqual([null, null, ntHash, null, null, ntHash, null]);
    expect(await findRadiusLogins(truth().db, [])).toEqual([]);
  });

  it('finds more than one statement has room for', async () => {
    const { id } = await provision('ana');
    const names = Array.from({ length: 1_100 }, (_name, place) =>
      place % 365 === 364 ? 'ana' : `user-${place}`,
    );
    const found = (await findRadiusLogins(truth().db, names)).flatMap((login, place) =>
      login.kind === 'allowed' ? [{ place, id: login.vpnConnectionId }] : [],
    );
    expect(found).toEqual([364, 729, 1_094].map((place) => ({ place, id })));
  });

  it('admits a restricted connection, and says that it is', async () => {
    const { id } = await provision('ana');
    const event = { kind: 'restrict', reason: 'QUOTA' } as const;
    await changeConnection(truth(), { vpnConnectionId: id, event, at: now });
    expect(await find('ana')).toMatchObject({ kind: 'allowed', isRestricted: true });
  });

  it('admits the connection of an active customer, and refuses it when he is suspended or deleted', async () => {
    const { id, customerId } = await claimed('ana');
    expect(await find('ana')).toMatchObject({ status: 'CLAIMED', customerStatus: 'active' });
    await changeCustomer(truth(), { customerId, event: 'suspend', at: now });
    expect(await find('ana')).toEqual({ kind: 'refused', because: 'suspended', vpnConnectionId: id });
    await changeCustomer(truth(), { customerId, event: 'delete', at: now });
    expect(await find('ana')).toEqual({ kind: 'refused', because: 'deleted', vpnConnectionId: id });
  });

  it('refuses a disabled connection, with and without a customer', async () => {
    const [{ id }, { id: ownerless }] = [await claimed('ana'), await provision('ben')];
    for (const vpnConnectionId of [id, ownerless])
      await changeConnection(truth(), { vpnConnectionId, event: { kind: 'disable' }, at: now });
    expect(await find('ana')).toEqual({ kind: 'refused', because: 'disabled', vpnConnectionId: id });
    expect(await find('ben')).toEqual({ kind: 'refused', because: 'disabled', vpnConnectionId: ownerless });
  });

  it.each([
    [
      'Zoë@vpn',
      ['zoë@vpn', 'ZOË@VPN', 'Zoe@vpn', 'Zoë@vpn ', ' Zoë@vpn', 'Zo\u0065\u0308@vpn', 'Zoë@vp', ''],
    ],
    ['ana ', ['ana', 'ana  ', 'ana\t', 'ana\u00a0']],
    ['stra\u00dfe', ['strasse', 'STRASSE', 'stra\u1e9ee']],
    ['\u{1f511}', ['\u{1f512}', '\ud83d', '\ufffd', '?', '????']],
    ['\ufffd', ['\ud83d', '\udd11', '\ufffd\ufffd']],
    ["o'neil\\", ["o'neil", "o''neil\\", "o'neil\\\\"]],
    ['100%_', ['100%', '100__', '100', '%', '_']],
    ['null', ['NULL', '0']],
    ['7', ['7.0', '07', ' 7', '7e0']],
  ])('finds %j by its bytes alone', async (name, others) => {
    const { id } = await provision(name);
    expect(await find(name)).toMatchObject({ kind: 'allowed', vpnConnectionId: id });
    for (const other of others)
      expect(await find(other), other).toEqual({ kind: 'refused', because: 'unknown' });
  });

  it.each([
    ['a NUL', 'ana\0'],
    ['a NUL and more', 'ana\0ben'],
    ['100 000 letters', 'a'.repeat(100_000)],
    ['SQL', "ana' or '1'='1"],
    ['a quote of identifiers', '"radius_username"'],
    ['a time', '2026-01-31T08:15:00.000Z'],
    ['half a character', 'ana\ud800'],
  ])('takes a name with %s for nobody’s', async (_what, name) => {
    await provision('ana');
    expect(await find(name)).toEqual({ kind: 'refused', because: 'unknown' });
  });

  it('finds the longest name that RADIUS can send', async () => {
    const { id } = await provision('ñ'.repeat(253));
    expect(await find('ñ'.repeat(253))).toMatchObject({ vpnConnectionId: id });
    expect(await find('ñ'.repeat(254))).toEqual({ kind: 'refused', because: 'unknown' });
  });

  it('shows nothing of the credentials when it is logged, printed or copied', async () => {
    await provision('ana', { radius_secret_hash: hashRadiusSecret(secret), nt_hash: ntHash });
    const login = await allowed('ana');
    const copy: RadiusLogin = { ...login };
    const shown = [JSON.stringify(login), inspect(login), JSON.stringify(copy), String(login)].join();
    expect(shown).toContain('allowed');
    expect(shown).not.toMatch(/ssha256|0123456789abcdef|credentials/i);
  });

  it('names neither user nor credentials when the database fails', async () => {
    await provision('ana', { radius_secret_hash: hashRadiusSecret(secret), nt_hash: ntHash });
    await truth().db.schema.alterTable('customers').renameTo('elsewhere').execute();
    const failed = find('ana').then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(await codeOf(find('ana'))).not.toBe('none');
    expect(inspect(await failed, { depth: 9, showHidden: true })).not.toMatch(
      /\bana\b|ssha256|0123456789abcdef/,
    );
    await truth().db.schema.alterTable('elsewhere').renameTo('customers').execute();
  });
}
