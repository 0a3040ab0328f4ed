/** Customers and connections as resources, on any database: the operations of truth, made as mutations. */
import { randomUUID } from 'node:crypto';
import { addGateway, encodeTime, isTokenOf, noPassword } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import {
  type Actor,
  type Change,
  claim,
  connectionEvent,
  customerEvent,
  customerKind,
  editConnection,
  editCustomer,
  type Json,
  liftRestriction,
  type MutationOutcome,
  type PanelViewer,
  provision,
  readResource,
  register,
  renewSecret,
  setPasswordHash,
  vpnConnectionKind,
} from '../index.ts';
import type { MakeDatabase } from '../testing/engines.ts';
import { useTasks } from '../testing/use-tasks.ts';

const rename = 'PATCH /v1/connections/{id}';
const connections = vpnConnectionKind({ ownerMay: [rename, 'POST /v1/claims'] });
const customers = customerKind({ ownerMay: ['PATCH /v1/customers/{id}'] });
const admin: Actor<PanelViewer> = {
  profile: 'panel',
  principal: 'a1',
  name: 'Root',
  viewer: { role: 'admin' },
};

export function panelContract(name: string, make: MakeDatabase): void {
  describe(`the panel's resources on ${name}`, () => {
    const { world } = useTasks(make, { isPanel: true });

    it('a connection is provisioned, claimed, renamed, restricted and disabled, each with its version', async () => {
      const { token, customerId } = await claimed();
      const owner = ownerOf(customerId);
      expect(
        await onConnection(editConnection(connections, { label: 'Laptop' }), { version: 2, actor: owner }),
      ).toMatchObject({
        kind: 'applied',
        resource: { version: 3 },
        value: { label: 'Laptop', status: 'CLAIMED' },
      });
      const restrict = connectionEvent({ kind: 'restrict', reason: 'MANUAL' });
      expect(await onConnection(restrict, { version: 3 })).toMatchObject({
        kind: 'applied',
        value: { restricted_reason: 'MANUAL', restricted_effective: 1, token: { $secret: true } },
      });
      expect(await onConnection(restrict, { version: 4 })).toMatchObject({
        kind: 'unchanged',
        resource: { version: 4 },
      });
      expect(await onConnection(connectionEvent({ kind: 'disable' }), { version: 4 })).toMatchObject({
        kind: 'applied',
        resource: { version: 5 },
      });
      expect(
        await onConnection(editConnection(connections, { label: 'x' }), { version: 5, actor: owner }),
      ).toEqual({
        kind: 'forbidden',
      });
      const rows = await world().everything();
      expect(JSON.stringify(rows)).not.toContain(token);
      expect(rows.log.map((row) => (row as { version: number }).version)).toEqual([1, 1, 2, 3, 4, 5]);
    });

    it('tells the gateway that holds a session in the transaction of the change, and nobody else', async () => {
      const { truth } = world();
      await claimed();
      for (const gateway of ['gw1', 'gw2']) {
        await truth.transaction((trx) =>
          addGateway(trx, { name: gateway, layout: 'shared-device', device: 'wg0' }),
        );
      }
      await truth.db.insertInto('active_session_locks').values(heldBy(1, 'gw1')).execute();
      await onConnection(editConnection(connections, { label: 'Laptop' }), { version: 2 });
      await onConnection(editConnection(connections, { down_kbit: 2_000 }), { version: 3 });
      const restrict = connectionEvent({ kind: 'restrict', reason: 'MANUAL' });
      const clientMutationId = randomUUID();
      await onConnection(restrict, { version: 4, clientMutationId });
      await onConnection(restrict, { version: 4, clientMutationId });
      const triggers = await truth.db
        .selectFrom('policy_triggers')
        .select(['gateway', 'id'])
        .orderBy('id')
        .execute();
      expect(triggers).toEqual([
        { gateway: 'gw1', id: 1 },
        { gateway: 'gw1', id: 2 },
      ]);
    });

    it('a stale edit of a connection is a conflict that tells its owner what its owner may see', async () => {
      const { customerId } = await claimed();
      await onConnection(connectionEvent({ kind: 'restrict', reason: 'MANUAL' }), { version: 2 });
      await onConnection(renewSecret(), { version: 3 });
      const stale = { version: 2, actor: ownerOf(customerId) };
      const outcome = await onConnection(editConnection(connections, { label: 'Mine' }), stale);
      expect(outcome).toMatchObject({
        kind: 'version-conflict',
        conflict: {
          current: { version: 4, value: { restricted_reason: 'MANUAL' } },
          changed: [{ path: '/restricted_reason', version: 3, by: { name: 'Root' } }],
          base: { version: 2, value: { restricted_reason: null, label: null } },
        },
      });
      const text = JSON.stringify(outcome);
      for (const hidden of ['token', 'radius_secret_hash', 'claim_deadline', 'ssha256'])
        expect(text).not.toContain(hidden);
    });

    it('a claim is made once, replayed without its token, and refused to the next one', async () => {
      const { token, customerId, sent } = await claimed();
      expect(await sent()).toMatchObject({
        kind: 'replayed',
        resource: { kind: 'vpn_connection', id: '1', version: 2 },
      });
      const other = await registered('bruno');
      expect(await claiming(token, other)).toEqual({ kind: 'state-conflict', code: 'CONNECTION_CLAIMED' });
      expect(await claiming('wrong', other)).toEqual({ kind: 'not-found' });
      const [entry] = await world()
        .truth.db.selectFrom('change_log')
        .select('previous')
        .where('kind', '=', 'vpn_connection')
        .where('version', '=', 2)
        .execute();
      expect(JSON.parse(entry?.previous ?? '')).toMatchObject({
        customer_id: null,
        status: 'PREPROVISIONED',
      });
      expect(customerId).toBe(1);
    });

    it('a new secret is told once', async () => {
      await claimed();
      const outcome = await onConnection(renewSecret(), { version: 2 });
      if (outcome.kind !== 'applied') throw new Error(outcome.kind);
      expect(outcome.once).toEqual({ radiusSecret: expect.any(String) });
      expect(JSON.stringify(await world().everything())).not.toContain(outcome.once?.radiusSecret);
    });

    it('a connection of somebody else is none, and a state that refuses is told by its code', async () => {
      await claimed();
      const stranger = ownerOf(await registered('bruno'));
      expect(
        await onConnection(editConnection(connections, { label: 'x' }), { version: 2, actor: stranger }),
      ).toEqual({
        kind: 'not-found',
      });
      expect(await readResource(world().truth.db, connections, '1', stranger.viewer)).toBeUndefined();
      expect(await onConnection(connectionEvent({ kind: 'reset-grace' }), { version: 2 })).toEqual({
        kind: 'state-conflict',
        code: 'CONNECTION_CLAIMED',
      });
      expect(await onConnection(editConnection(connections, { up_kbit: -1 }), { version: 2 })).toMatchObject({
        kind: 'invalid',
        issues: [{ path: '/up_kbit' }],
      });
    });

    it('of two connections with one user name the second is refused by its code', async () => {
      const provisioning = () =>
        world().mutations.create({
          kind: connections,
          operation: 'POST /v1/connections',
          clientMutationId: randomUUID(),
          input: {},
          actor: admin,
          create: provision({ radiusUsername: 'router@gw' }),
        });
      expect(await provisioning()).toMatchObject({ kind: 'applied' });
      expect(await provisioning()).toEqual({ kind: 'state-conflict', code: 'USER_NAME_TAKEN' });
    });

    it('a restriction is lifted whatever its reason, but for the one that the clock has set', async () => {
      await claimed();
      await onConnection(connectionEvent({ kind: 'restrict', reason: 'QUOTA' }), { version: 2 });
      expect(await onConnection(liftRestriction(), { version: 3 })).toMatchObject({
        kind: 'applied',
        value: { restricted_reason: null, restricted_effective: 0 },
      });
      expect(await onConnection(liftRestriction(), { version: 4 })).toMatchObject({ kind: 'unchanged' });
      await world()
        .truth.db.updateTable('vpn_connections')
        .set({ restricted_reason: 'UNCLAIMED_OVERDUE', restricted_effective: 1 })
        .execute();
      expect(await onConnection(liftRestriction(), { version: 4 })).toMatchObject({
        kind: 'unchanged',
        value: { restricted_reason: 'UNCLAIMED_OVERDUE' },
      });
    });

    it('a customer gets another address, but not that of another customer, and none after a deletion', async () => {
      await claimed();
      await registering('bruno');
      const address = (email: string) => editCustomer(customers, { email });
      expect(await onCustomer(address('bruno@example.com'), { version: 1 })).toEqual({
        kind: 'state-conflict',
        code: 'EMAIL_TAKEN',
      });
      expect(await onCustomer(address('ana@example.org'), { version: 1 })).toMatchObject({
        kind: 'applied',
        value: { email: 'ana@example.org' },
      });
      await onCustomer(customerEvent('delete'), { version: 2 });
      expect(await onCustomer(address('ana@example.com'), { version: 3 })).toEqual({
        kind: 'state-conflict',
        code: 'CUSTOMER_DELETED',
      });
    });

    it('a customer is registered once, suspended, given a password and deleted', async () => {
      await claimed();
      expect(await registering('ana')).toEqual({ kind: 'state-conflict', code: 'EMAIL_TAKEN' });
      expect(await onCustomer(customerEvent('suspend'), { version: 1 })).toMatchObject({
        kind: 'applied',
        value: { status: 'suspended', password_hash: { $secret: true } },
      });
      expect(await onCustomer(setPasswordHash(customers, '$argon2id$x'), { version: 2 })).toMatchObject({
        kind: 'applied',
      });
      expect(await onCustomer(customerEvent('delete'), { version: 3 })).toMatchObject({ kind: 'applied' });
      expect(await onCustomer(customerEvent('activate'), { version: 1 })).toMatchObject({
        kind: 'deleted',
        deletion: { deleted: { version: 4, by: { name: 'Root' } }, last: { status: 'deleted' } },
      });
      expect(await onCustomer(customerEvent('activate'), { version: 4 })).toEqual({
        kind: 'state-conflict',
        code: 'CUSTOMER_DELETED',
      });
      expect(JSON.stringify(await world().everything())).not.toContain('argon2id');
      const { tags } = await world().everything();
      expect(tags).toContainEqual({ tag: 'customer:1:connections', generation: 3 });
    });

    interface Sent {
      readonly version: number;
      readonly actor?: Actor<PanelViewer>;
      readonly clientMutationId?: string;
    }

    type ConnectionChange = ReturnType<typeof editConnection>;

    function onConnection(
      change: ConnectionChange,
      { version, actor = admin, clientMutationId = randomUUID() }: Sent,
    ) {
      const sent = { id: '1', version, clientMutationId, operation: rename, input: null, actor };
      return world().mutations.change({ kind: connections, ...sent, change });
    }

    function onCustomer(change: Change<never>, { version }: Sent): Promise<MutationOutcome> {
      const sent = { id: '1', version, operation: 'PATCH /v1/customers/{id}', input: null, actor: admin };
      return world().mutations.change({
        kind: customers,
        ...sent,
        clientMutationId: randomUUID(),
        change: change as never,
      });
    }

    function registering(who: string): Promise<MutationOutcome> {
      return world().mutations.create({
        kind: customers,
        operation: 'POST /v1/customers',
        clientMutationId: randomUUID(),
        input: who,
        actor: admin,
        create: register({ email: `${who}@example.com`, passwordHash: noPassword }),
      });
    }

    async function registered(who: string): Promise<number> {
      const outcome = await registering(who);
      if (outcome.kind !== 'applied') throw new Error(outcome.kind);
      return Number(outcome.resource.id);
    }

    function claiming(token: string, customerId: number, clientMutationId: string = randomUUID()) {
      const input: Json = { token: 'not repeated here' };
      const actor = ownerOf(customerId);
      const create = claim(connections, { token, customerId });
      const sent = { operation: 'POST /v1/claims', clientMutationId, input, actor };
      return world().mutations.create({ kind: connections, ...sent, create });
    }

    /** Connection 1, claimed by customer 1. */
    async function claimed() {
      const sent = {
        operation: 'POST /v1/connections',
        clientMutationId: randomUUID(),
        input: {},
        actor: admin,
      };
      const provisioned = await world().mutations.create({
        kind: connections,
        ...sent,
        create: provision({}),
      });
      if (provisioned.kind !== 'applied') throw new Error(provisioned.kind);
      const token = String(provisioned.once?.token);
      const row = await world()
        .truth.db.selectFrom('vpn_connections')
        .select('token')
        .executeTakeFirstOrThrow();
      expect(isTokenOf(token, row.token)).toBe(true);
      const customerId = await registered('ana');
      const clientMutationId = randomUUID();
      const outcome = await claiming(token, customerId, clientMutationId);
      expect(outcome).toMatchObject({ kind: 'applied', status: 200, resource: { id: '1', version: 2 } });
      return { token, customerId, sent: () => claiming(token, customerId, clientMutationId) };
    }
  });
}

function ownerOf(customerId: number): Actor<PanelViewer> {
  const viewer = { role: 'customer', customerId } as const;
  return { profile: 'panel', principal: `c${customerId}`, name: 'Owner', viewer };
}

function heldBy(vpnConnectionId: number, gateway: string) {
  const [begin, end] = [encodeTime(Date.UTC(2026, 0, 1)), encodeTime(Date.UTC(2027, 0, 1))];
  const session = { session_key: 'key', state: 'held' as const, gateway };
  return { ...session, vpn_connection_id: vpnConnectionId, acquired_at: begin, expires_at: end };
}
