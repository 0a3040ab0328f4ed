/** What a transition writes, whom it tells, and that a refused one leaves no trace. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  applyTimeRules,
  type ConnectionEvent,
  changeConnection,
  changeCustomer,
  claimConnection,
  encodeTime,
  isRadiusSecretOf,
  renewRadiusSecret,
  setRate,
  type Truth,
  tellGateways,
  transitConnection,
} from '../index.ts';
import { type AccountWorld, dayMs, openAccounts, start } from '../testing/account-world.ts';
import { codeOf } from '../testing/code-of.ts';

export function changesHold(truth: () => Truth): void {
  let world: AccountWorld;
  let ana: number;

  beforeEach(async () => {
    world = await openAccounts(truth());
    ana = await world.customer('ana');
  });

  describe('a claim', () => {
    it('by its token gives the connection to the customer', async () => {
      const { id, token } = await world.provision();
      const at = start + dayMs;
      const change = await claimConnection(truth(), { token, customerId: ana, at });
      expect(change).toMatchObject({ vpnConnectionId: id, isChanged: true, version: 2, access: 'open' });
      expect(await world.connection(id)).toMatchObject({
        status: 'CLAIMED',
        customer_id: ana,
        claimed_at: encodeTime(at),
        version: 2,
      });
    });

    it('of an overdue connection tells the gateway that holds its session, in the same transaction', async () => {
      const { id, token } = await world.provision('gw2');
      const at = start + 31 * dayMs;
      await applyTimeRules(truth(), { at });
      const change = await claimConnection(truth(), { token, customerId: ana, at });
      expect(change).toMatchObject({ access: 'open', gateways: ['gw2'] });
      expect(await world.connection(id)).toMatchObject({ restricted_reason: null, restricted_effective: 0 });
      expect(await world.triggers()).toEqual([
        { gateway: 'gw2', reason: 'grace-passed', vpn_connection_id: null },
        { gateway: 'gw2', reason: 'claim', vpn_connection_id: id },
      ]);
    });

    it.each([
      ['an unknown token', 'CLAIM_TOKEN_UNKNOWN', { token: 'x'.repeat(43) }],
      ['an empty token', 'CLAIM_TOKEN_UNKNOWN', { token: '' }],
      ['an unknown customer', 'CUSTOMER_UNKNOWN', { customerId: 999 }],
      ['the deadline behind it', 'CLAIM_DEADLINE_PASSED', { at: start + 180 * dayMs }],
    ])('with %s is refused and leaves no trace', async (_what, code, part) => {
      const { token } = await world.provision('gw1');
      const before = await world.everything();
      expect(await codeOf(claimConnection(truth(), { token, customerId: ana, at: start, ...part }))).toBe(
        code,
      );
      expect(await world.everything()).toEqual(before);
    });

    it('of what is claimed or disabled, or by a customer who is not active, is refused', async () => {
      const { id, token } = await world.provision('gw1');
      const bruno = await world.customer('bruno');
      const claim = (customerId: number) =>
        codeOf(claimConnection(truth(), { token, customerId, at: start }));
      await changeCustomer(truth(), { customerId: bruno, event: 'suspend', at: start });
      expect(await claim(bruno)).toBe('CUSTOMER_INACTIVE');
      expect(await claim(ana)).toBe('none');
      expect(await claim(ana)).toBe('CONNECTION_CLAIMED');
      await world.happen(id, { kind: 'disable' });
      expect(await claim(ana)).toBe('CONNECTION_DISABLED');
    });
  });

  describe('a change', () => {
    const restrict: ConnectionEvent = { kind: 'restrict', reason: 'MANUAL' };

    it('counts the version once, and not at all when it was so already', async () => {
      const { id } = await world.provision();
      const changes = [];
      for (const event of [restrict, restrict, { kind: 'disable' }, { kind: 'disable' }] as const) {
        const change = await changeConnection(truth(), { vpnConnectionId: id, event, at: start });
        changes.push([change.isChanged, change.version]);
      }
      expect(changes).toEqual([
        [true, 2],
        [false, 2],
        [true, 3],
        [false, 3],
      ]);
      expect(await world.connection(id)).toMatchObject({
        status: 'DISABLED',
        restricted_reason: 'MANUAL',
        version: 3,
      });
    });

    it('tells the gateway only what it has to enforce', async () => {
      const { id } = await world.provision('gw1');
      await world.happen(id, { kind: 'reset-grace' });
      await world.happen(id, { kind: 'extend-deadline', until: start + 400 * dayMs });
      expect(await world.triggers()).toEqual([]);
      await world.happen(id, restrict);
      await world.happen(id, { kind: 'restrict', reason: 'QUOTA' });
      await world.happen(id, { kind: 'disable' });
      await world.happen(id, { kind: 'unrestrict', reason: 'MANUAL' });
      await world.happen(id, { kind: 'enable' });
      expect(await world.triggers()).toHaveLength(3);
    });

    it('tells nobody of a connection whose session was released', async () => {
      const { id } = await world.provision('gw1');
      await truth().db.updateTable('active_session_locks').set({ state: 'released' }).execute();
      await world.happen(id, restrict);
      expect(await world.triggers()).toEqual([]);
    });

    it('of another version is refused, whatever it is about, and leaves no trace', async () => {
      const { id } = await world.provision('gw1');
      await world.happen(id, restrict);
      const before = await world.everything();
      const seen = (event: ConnectionEvent, version: number) =>
        codeOf(changeConnection(truth(), { vpnConnectionId: id, event, at: start, version }));
      expect(await seen({ kind: 'disable' }, 1)).toBe('VERSION_CONFLICT');
      expect(await seen(restrict, 1)).toBe('VERSION_CONFLICT');
      expect(await seen(restrict, 3)).toBe('VERSION_CONFLICT');
      expect(await world.everything()).toEqual(before);
      expect(await seen({ kind: 'disable' }, 2)).toBe('none');
    });

    it('of a connection that does not exist is refused', async () => {
      await world.provision();
      const unknown = [
        world.happen(99, restrict),
        truth().transaction((trx) => setRate(trx, 99, { downKbit: 1, upKbit: 1 })),
        truth().transaction((trx) => renewRadiusSecret(trx, 99)),
      ];
      expect(await Promise.all(unknown.map(codeOf))).toEqual([
        'CONNECTION_UNKNOWN',
        'CONNECTION_UNKNOWN',
        'CONNECTION_UNKNOWN',
      ]);
    });

    it.each([
      ['a grace in the past', { kind: 'reset-grace', until: start }],
      ['a grace beyond the deadline', { kind: 'reset-grace', until: start + 181 * dayMs }],
      ['a deadline that is no later', { kind: 'extend-deadline', until: start + 180 * dayMs }],
      ['a deadline in a thousand years', { kind: 'extend-deadline', until: start + 365_000 * dayMs }],
      ['a date that is none', { kind: 'extend-deadline', until: Number.NaN }],
    ] as const)('with %s is refused and leaves no trace', async (_what, event) => {
      const { id } = await world.provision('gw1');
      const before = await world.everything();
      expect(await codeOf(world.happen(id, event))).toBe('DATE_OUT_OF_RANGE');
      expect(await world.everything()).toEqual(before);
    });

    it('stamps when an admin moved a date', async () => {
      const { id } = await world.provision();
      const at = start + 40 * dayMs;
      await world.happen(id, { kind: 'extend-deadline' }, at);
      await world.happen(id, { kind: 'reset-grace' }, at + 1);
      expect(await world.connection(id)).toMatchObject({
        claim_deadline: encodeTime(at + 180 * dayMs),
        claim_deadline_set_at: encodeTime(at),
        unclaimed_grace_until: encodeTime(at + 1 + 30 * dayMs),
        unclaimed_grace_set_at: encodeTime(at + 1),
        restricted_reason: null,
        restricted_effective: 0,
      });
    });

    it('whose trigger fails is taken back', async () => {
      const { id } = await world.provision('gw1');
      const before = await world.everything();
      const change = truth().transaction(async (trx) => {
        await transitConnection(trx, { vpnConnectionId: id, event: restrict, at: start });
        await tellGateways(trx, ['nowhere'], { reason: 'panel', at: start });
      });
      expect(await codeOf(change)).toBe('CONFIG_INVALID');
      expect(await world.everything()).toEqual(before);
    });
  });

  it('a RADIUS secret is told once and kept as a salted hash', async () => {
    const { id } = await world.provision();
    const secret = await truth().transaction((trx) => renewRadiusSecret(trx, id));
    const row = await world.connection(id);
    expect(JSON.stringify(row)).not.toContain(secret);
    const { radius_secret_hash: hash } = row as { radius_secret_hash: string };
    expect(isRadiusSecretOf(secret, hash)).toBe(true);
  });

  it('an NT hash is that of the secret it was made of, and gone with the next secret without one', async () => {
    const { id } = await world.provision();
    const made: string[] = [];
    const ntHash = async (secret: string) => {
      made.push(secret);
      return '0123456789abcdef0123456789abcdef';
    };
    const secret = await truth().transaction((trx) => renewRadiusSecret(trx, id, { ntHash }));
    expect(made.at(-1)).toBe(secret);
    const before = await world.connection(id);
    expect(before).toMatchObject({ nt_hash: '0123456789abcdef0123456789abcdef' });
    await truth().transaction((trx) => renewRadiusSecret(trx, id));
    expect(await world.connection(id)).toMatchObject({ nt_hash: null });
  });

  it('a secret whose NT hash cannot be made leaves the old one', async () => {
    const { id } = await world.provision();
    await truth().transaction((trx) => renewRadiusSecret(trx, id));
    const before = await world.connection(id);
    const ntHash = () => Promise.reject(new Error('no MD4 here'));
    await expect(truth().transaction((trx) => renewRadiusSecret(trx, id, { ntHash }))).rejects.toThrow();
    expect(await world.connection(id)).toEqual(before);
  });
}
