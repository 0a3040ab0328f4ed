/** Customers over HTTP, on any database: registered once, and out of the panel when they are no customers any more. */
import { HoldfastError } from '@holdfast/base';
import type { CustomerChanged, CustomerPage } from '@holdfast/panel-client/schema';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MakeDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import { usePanelWorld } from '../testing/panel-world.ts';

const password = 'correct horse battery';

export function customerContract(name: string, make: MakeDatabase): void {
  describe(`customers over HTTP on ${name}`, () => {
    const { world, another } = usePanelWorld(make);

    it('are registered once, in one spelling, and a password that is sent again is the same password', async () => {
      const body = { ...intent(), email: ' Ana@Example.COM', password };
      const sent = { as: world().admin, body };
      const first = await world().request<CustomerChanged>('POST', '/v1/customers', sent);
      expect(first).toMatchObject({
        status: 201,
        body: { id: '1', version: 1, value: { email: 'ana@example.com' } },
      });
      const again = await another().request('POST', '/v1/customers', sent);
      expect(again).toMatchObject({ status: 201, body: first.body });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      const other = { ...sent, body: { ...body, password: `${password}!` } };
      expect((await world().request('POST', '/v1/customers', other)).status).toBe(422);
      const headers = { 'Idempotency-Key': `"${intent().clientMutationId}"` };
      const setByHeader = async (wished: string) => {
        const set = { as: world().admin, headers, body: { version: 1, password: wished } };
        return (await world().request('POST', '/v1/customers/1/password', set)).status;
      };
      for (const [wished, status] of [
        [password, 200],
        [password, 200],
        [`${password}!`, 422],
      ] as const)
        expect(await setByHeader(wished)).toBe(status);
      const taken = { ...sent, body: { ...body, ...intent() } };
      expect(await world().request('POST', '/v1/customers', taken)).toMatchObject({
        status: 409,
        body: { type: 'urn:panel:problem:state-conflict', reason: 'EMAIL_TAKEN' },
      });
    });

    it('leave no trace of a password but its hash', async () => {
      const { admin, parts } = world();
      const register = { as: admin, body: { ...intent(), email: 'ana@example.com', password } };
      await world().request('POST', '/v1/customers', register);
      const set = { as: admin, body: { ...intent(1), password: `${password} staple` } };
      expect((await world().request('POST', '/v1/customers/1/password', set)).status).toBe(200);
      const { db } = parts.truth;
      const rows = [
        await db.selectFrom('customers').selectAll().execute(),
        await db.selectFrom('change_log').selectAll().execute(),
        await db.selectFrom('mutation_receipts').selectAll().execute(),
      ];
      expect(JSON.stringify(rows)).not.toContain(password);
      expect(JSON.stringify(rows.slice(1))).not.toContain('argon2id');
    });

    it('are not registered with what is no address, no password, or not asked for', async () => {
      const wrong = [
        [{ email: 'nobody' }, '/email', 'EMAIL_INVALID'],
        [{ password: 'short' }, '/password', 'too-small'],
        // Ten characters that become five when they are written in one way.
        [{ password: 'e\u0301'.repeat(5) }, '/password', 'PASSWORD_REFUSED'],
        [{ password: undefined }, '/password', 'invalid-type'],
        [{ role: 'admin' }, '/role', 'unknown-field'],
      ] as const;
      for (const [member, path, code] of wrong) {
        const body = { ...intent(), email: 'ana@example.com', password, ...member };
        const answer = await world().request('POST', '/v1/customers', { as: world().admin, body });
        expect(answer).toMatchObject({ status: 400, body: { issues: [{ path, code }] } });
      }
    });

    it('that are suspended, deleted or given a password have no login any more, and others keep theirs', async () => {
      const bruno = await world().customer('bruno');
      for (const [who, method, path, more] of [
        ['ana', 'POST', '/suspend', {}],
        ['carla', 'DELETE', '', {}],
        ['dora', 'POST', '/password', { password }],
      ] as const) {
        const user = await world().customer(who);
        const me = async () => (await world().request('GET', '/v1/me', { as: user })).status;
        expect(await me()).toBe(200);
        const change = { as: world().admin, body: { ...intent(1), ...more } };
        expect((await world().request(method, `/v1/customers/${user.id}${path}`, change)).status).toBe(200);
        expect([who, await me()]).toEqual([who, 401]);
      }
      expect((await world().request('GET', '/v1/me', { as: bruno })).status).toBe(200);
    });

    describe('are changed and logged out together', () => {
      afterEach(() => vi.restoreAllMocks());
      const sent = [
        ['suspended', 'POST', '/suspend', {}],
        ['deleted', 'DELETE', '', {}],
        ['given a password', 'POST', '/password', { password }],
      ] as const;

      it.each(sent)(
        'when they are %s by who dies before the commit: not at all',
        async (_what, method, path, more) => {
          const ana = await world().customer('ana');
          const { truth } = world().parts;
          const before = await standing();
          const transaction = truth.transaction.bind(truth);
          vi.spyOn(truth, 'transaction').mockImplementation((work) =>
            transaction(async (trx) => {
              await work(trx);
              throw new HoldfastError('DATABASE_UNREACHABLE', 'killed');
            }),
          );
          const change = { as: world().admin, body: { ...intent(1), ...more } };
          const answer = await world().request(method, `/v1/customers/${ana.id}${path}`, change);
          vi.restoreAllMocks();
          expect(answer.status).toBe(503);
          expect(await standing()).toEqual(before);
        },
      );

      it.each(sent)(
        'when they are %s by who dies after the commit: both',
        async (_what, method, path, more) => {
          const ana = await world().customer('ana');
          const { logins } = world().parts;
          vi.spyOn(logins, 'noteEnded').mockImplementation(() => {
            throw new Error('killed');
          });
          const change = { as: world().admin, body: { ...intent(1), ...more } };
          const answer = await world().request(method, `/v1/customers/${ana.id}${path}`, change);
          expect(answer.status).toBe(500);
          expect(await standing()).toEqual([expect.objectContaining({ version: 2, isEnded: true })]);
          expect(await another().parts.logins.identify(ana.accessToken)).toBeUndefined();
        },
      );

      const standing = async () => {
        const rows = await world()
          .parts.truth.db.selectFrom('customers')
          .innerJoin('token_families', (join) => join.on('token_families.user_id', '=', 'c1'))
          .select(['customers.status', 'customers.version', 'password_hash', 'revoked_at'])
          .execute();
        return rows.map(({ revoked_at, ...row }) => ({ ...row, isEnded: revoked_at !== null }));
      };
    });

    it('that are suspended take their connections with them, and bring them back', async () => {
      const ana = await world().customer('ana');
      await world().connection({ owner: ana });
      const admin = { as: world().admin };
      const restricted = async () => {
        const { body } = await world().request<{ total: number }>(
          'GET',
          '/v1/connections?restricted=true',
          admin,
        );
        return body.total;
      };
      expect(await restricted()).toBe(0);
      await world().request('POST', `/v1/customers/${ana.id}/suspend`, { ...admin, body: intent(1) });
      expect(await restricted()).toBe(1);
      await world().request('POST', `/v1/customers/${ana.id}/activate`, { ...admin, body: intent(2) });
      expect(await restricted()).toBe(0);
    });

    it('that were deleted are a conflict for whoever still edits them', async () => {
      const ana = await world().customer('ana');
      const admin = { as: world().admin };
      const path = `/v1/customers/${ana.id}`;
      // Everything that it says fits into headers.
      const headers = { 'If-Match': `"customer-${ana.id}.v1"`, 'Idempotency-Key': intent().clientMutationId };
      expect((await world().request('DELETE', path, { ...admin, headers })).status).toBe(200);
      const edit = { ...admin, body: { ...intent(1), email: 'new@example.com' } };
      expect(await world().request('PATCH', path, edit)).toMatchObject({
        status: 409,
        body: {
          type: 'urn:panel:problem:deleted-conflict',
          deleted: { version: 2, by: { id: 'a1', name: 'Root' } },
          last: { email: ana.email },
        },
      });
      const again = { ...admin, body: { ...intent(2), email: 'new@example.com' } };
      expect(await world().request('PATCH', path, again)).toMatchObject({
        status: 409,
        body: { type: 'urn:panel:problem:state-conflict', reason: 'CUSTOMER_DELETED' },
      });
    });

    it('get another address, but not that of somebody else', async () => {
      const [ana, bruno] = [await world().customer('ana'), await world().customer('bruno')];
      const edit = (email: string) =>
        world().request('PATCH', `/v1/customers/${ana.id}`, {
          as: world().admin,
          body: { ...intent(1), email },
        });
      expect(await edit(bruno.email)).toMatchObject({ status: 409, body: { reason: 'EMAIL_TAKEN' } });
      expect(await edit(world().admin.email)).toMatchObject({ status: 409, body: { reason: 'EMAIL_TAKEN' } });
      expect(await edit('@')).toMatchObject({ status: 400 });
      expect(await edit('Ana@Example.ORG')).toMatchObject({
        status: 200,
        body: { value: { email: 'ana@example.org' } },
      });
    });

    it('are listed, searched, counted and sorted for admins', async () => {
      const ana = await world().customer('ana');
      for (const who of ['bruno', 'carla_x', 'dora']) await world().customer(who);
      await world().connection({ owner: ana });
      const list = async (query: string) => {
        const path = `/v1/customers${query}`;
        return (await world().request<CustomerPage>('GET', path, { as: world().admin })).body;
      };
      const names = async (query: string) =>
        (await list(query)).items.map(({ value }) => value.email.split('@')[0]);
      expect(await names('?sort=-email')).toEqual(['dora', 'carla_x', 'bruno', 'ana']);
      expect(await names('?search=A_X')).toEqual(['carla_x']);
      expect(await names('?search=%25')).toEqual([]);
      expect(await names('?search=2')).toEqual(['bruno']);
      expect(await names('?status=suspended')).toEqual([]);
      expect((await list('')).items.map(({ connections }) => connections)).toEqual([1, 0, 0, 0]);
      const first = await list('?sort=email&limit=3');
      expect(first).toMatchObject({ total: 4, next: expect.any(String) });
      expect(await names(`?sort=email&limit=3&cursor=${first.next}`)).toEqual(['dora']);
      const { token } = await world().connection();
      await world().request('POST', '/v1/claims', { as: ana, body: { ...intent(), token } });
      expect((await list('')).items[0]?.connections).toBe(2);
    });
  });
}
