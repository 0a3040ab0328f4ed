/** Connections over HTTP, on any database: who may do what, once, and on the version they saw. */
import type {
  Connection,
  ConnectionChanged,
  PanelProblem,
  VersionConflict,
} from '@holdfast/panel-client/schema';
import { encodeTime } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import type { MakeDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import { usePanelWorld } from '../testing/panel-world.ts';

const dayMs = 86_400_000;

export function connectionContract(name: string, make: MakeDatabase): void {
  describe(`connections over HTTP on ${name}`, () => {
    const { world, another } = usePanelWorld(make);

    it('of sixteen writers with one version one wins, and all others are told what is there and who made it', async () => {
      const ana = await world().customer('ana');
      const { id, version } = await world().connection({ owner: ana, label: 'Router' });
      const worlds = [world(), another()];
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (worlds[index % 2] ?? world()).request<VersionConflict>('PATCH', `/v1/connections/${id}`, {
            as: index < 8 ? ana : world().admin,
            body: { ...intent(version), label: `Writer ${index}` },
          }),
        ),
      );
      const conflicts = answers.filter(({ status }) => status === 409).map(({ body }) => body);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(conflicts).toHaveLength(15);
      const { body: now } = await world().request<Connection>('GET', `/v1/connections/${id}`, { as: ana });
      const winner = answers.findIndex(({ status }) => status === 200);
      expect(now).toMatchObject({ version: version + 1, value: { label: `Writer ${winner}` } });
      for (const conflict of conflicts) {
        expect(conflict).toMatchObject({
          type: 'urn:panel:problem:version-conflict',
          resource: { kind: 'vpn_connection', id },
          sent: { version },
          current: { version: version + 1, etag: now.etag, value: { label: `Writer ${winner}` } },
          changed: [{ path: '/label', version: version + 1 }],
          base: { version, value: { label: 'Router' } },
        });
        expect(conflict.changed?.[0]?.by.name).toBe(winner < 8 ? ana.email : 'Root');
      }
    });

    it('are provisioned once, however often it is sent, and tell their token with the first answer only', async () => {
      const body = { ...intent(), label: 'New', radius_username: 'new@gw', down_kbit: 2_000 };
      const sent = { as: world().admin, body };
      const first = await world().request<ConnectionChanged>('POST', '/v1/connections', sent);
      const again = await another().request<ConnectionChanged>('POST', '/v1/connections', sent);
      expect(first).toMatchObject({ status: 201, body: { version: 1, once: { token: expect.any(String) } } });
      expect(again).toMatchObject({ status: 201, body: { id: first.body.id, version: 1 } });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.text).not.toContain(first.body.once?.token);
      const taken = await world().request<PanelProblem>('POST', '/v1/connections', {
        as: world().admin,
        body: { ...intent(), radius_username: 'new@gw' },
      });
      expect(taken).toMatchObject({ status: 409, body: { reason: 'USER_NAME_TAKEN' } });
      const { body: list } = await world().request('GET', '/v1/connections', { as: world().admin });
      expect(list).toMatchObject({ total: 1, items: [{ value: { label: 'New', down_kbit: 2_000 } }] });
    });

    it('are claimed by a token once, by a customer, and are theirs from then on', async () => {
      const [ana, bruno] = [await world().customer('ana'), await world().customer('bruno')];
      const { token } = await world().connection();
      const claim = { ...intent(), token };
      expect((await world().request('POST', '/v1/claims', { as: world().admin, body: claim })).status).toBe(
        403,
      );
      const first = await world().request<ConnectionChanged>('POST', '/v1/claims', { as: ana, body: claim });
      expect(first).toMatchObject({
        status: 200,
        body: { id: '1', version: 2, value: { status: 'CLAIMED' } },
      });
      const again = await another().request<ConnectionChanged>('POST', '/v1/claims', {
        as: ana,
        body: claim,
      });
      expect(again).toMatchObject({ status: 200, body: first.body });
      const late = await world().request('POST', '/v1/claims', { as: bruno, body: { ...intent(), token } });
      expect(late).toMatchObject({ status: 409, body: { reason: 'CONNECTION_CLAIMED' } });
      const wrong = { as: bruno, body: { ...intent(), token: 'wrong' } };
      expect((await world().request('POST', '/v1/claims', wrong)).status).toBe(404);
    });

    it('go through every event, each with its version, and tell the gateway of a session', async () => {
      const { admin, parts } = world();
      const ana = await world().customer('ana');
      const { id } = await world().connection({ owner: ana, framedIp: '198.51.100.7' });
      const event = async (what: string, version: number, more: object = {}) => {
        const body = { ...intent(version), ...more };
        const path = `/v1/connections/${id}/${what}`;
        return (await world().request<ConnectionChanged>('POST', path, { as: admin, body })).body;
      };
      expect(await event('restrict', 2, { reason: 'QUOTA' })).toMatchObject({
        version: 3,
        value: { restricted_reason: 'QUOTA', restricted_effective: 1 },
      });
      expect(await event('lift', 3)).toMatchObject({ version: 4, value: { restricted_reason: null } });
      expect(await event('lift', 4)).toMatchObject({ version: 4 });
      expect(await event('disable', 4)).toMatchObject({ version: 5, value: { status: 'DISABLED' } });
      expect(await event('enable', 5)).toMatchObject({ version: 6, value: { status: 'CLAIMED' } });
      expect(await event('renew-secret', 6)).toMatchObject({
        version: 7,
        once: { radiusSecret: expect.any(String) },
      });
      expect(await event('reset-grace', 7)).toMatchObject({ reason: 'CONNECTION_CLAIMED' });
      const triggers = await parts.truth.db
        .selectFrom('policy_triggers')
        .select(['gateway', 'reason'])
        .execute();
      expect(triggers).toEqual(Array.from({ length: 4 }, () => ({ gateway: 'gw1', reason: 'panel' })));
    });

    it('of nobody get a new grace and a later deadline', async () => {
      const { admin, parts } = world();
      const { id } = await world().connection();
      const overdue = { restricted_reason: 'UNCLAIMED_OVERDUE', restricted_effective: 1 } as const;
      const past = encodeTime(Date.now() - dayMs);
      await parts.truth.db
        .updateTable('vpn_connections')
        .set({ ...overdue, unclaimed_grace_until: past })
        .execute();
      const lift = { as: admin, body: intent(1) };
      expect(await world().request('POST', `/v1/connections/${id}/lift`, lift)).toMatchObject({
        status: 200,
        body: { version: 1, value: overdue },
      });
      const grace = { as: admin, body: intent(1) };
      expect(await world().request('POST', `/v1/connections/${id}/reset-grace`, grace)).toMatchObject({
        status: 200,
        body: { version: 2, value: { restricted_reason: null, unclaimed_grace_set_at: expect.any(String) } },
      });
      const extend = async (until: string) =>
        await world().request('POST', `/v1/connections/${id}/extend-deadline`, {
          as: admin,
          body: { ...intent(2), until },
        });
      for (const until of ['1960-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])
        expect(await extend(until)).toMatchObject({
          status: 400,
          body: { issues: [{ code: 'DATE_OUT_OF_RANGE' }] },
        });
      const until = encodeTime(Date.now() + 300 * dayMs);
      expect(await extend(until)).toMatchObject({
        status: 200,
        body: { version: 3, value: { claim_deadline: until } },
      });
    });

    it('can be renamed by their owner, who may change nothing else of them', async () => {
      const ana = await world().customer('ana');
      const { id, version } = await world().connection({ owner: ana });
      const edit = (body: object) => world().request('PATCH', `/v1/connections/${id}`, { as: ana, body });
      expect(await edit({ ...intent(version), label: 'Laptop' })).toMatchObject({
        status: 200,
        body: { version: version + 1, value: { label: 'Laptop' } },
      });
      for (const patch of [{ down_kbit: 64 }, { up_kbit: null }, { label: 'x', up_kbit: 64 }])
        expect((await edit({ ...intent(version + 1), ...patch })).status).toBe(403);
      for (const [event, more] of [
        ['restrict', { reason: 'MANUAL' }],
        ['lift', {}],
        ['disable', {}],
        ['enable', {}],
        ['reset-grace', {}],
        ['extend-deadline', { until: '2030-01-01T00:00:00Z' }],
      ] as const) {
        const body = { ...intent(version + 1), ...more };
        const answer = await world().request('POST', `/v1/connections/${id}/${event}`, { as: ana, body });
        expect([event, answer.status]).toEqual([event, 403]);
      }
      const secret = { as: ana, body: intent(version + 1) };
      expect((await world().request('POST', `/v1/connections/${id}/renew-secret`, secret)).status).toBe(200);
      const disable = { as: world().admin, body: intent(version + 2) };
      await world().request('POST', `/v1/connections/${id}/disable`, disable);
      expect((await edit({ ...intent(version + 3), label: 'y' })).status).toBe(403);
    });

    it('of others are none, whatever is asked of them', async () => {
      const [ana, bruno] = [await world().customer('ana'), await world().customer('bruno')];
      const { id, version } = await world().connection({ owner: ana, framedIp: '198.51.100.8' });
      const { body: list } = await world().request<{ items: readonly { id: string }[] }>(
        'GET',
        '/v1/sessions',
        { as: ana },
      );
      const session = list.items[0]?.id ?? '';
      const asked = [
        ['GET', `/v1/connections/${id}`],
        ['GET', `/v1/connections/${id}/history`],
        ['GET', `/v1/customers/${ana.id}`],
        ['PATCH', `/v1/connections/${id}`, { ...intent(version), label: 'x' }],
        ['PATCH', `/v1/connections/${id}`, { ...intent(version), down_kbit: 64 }],
        ['PATCH', `/v1/customers/${ana.id}`, { ...intent(1), email: 'x@example.com' }],
        ['DELETE', `/v1/customers/${ana.id}`, intent(1)],
        ['POST', `/v1/customers/${ana.id}/suspend`, intent(1)],
        ['POST', `/v1/connections/${id}/restrict`, { ...intent(version), reason: 'MANUAL' }],
        ['POST', `/v1/connections/${id}/disable`, intent(version)],
        ['POST', `/v1/connections/${id}/renew-secret`, intent(version)],
        ['POST', `/v1/sessions/${session}/release`, intent()],
      ] as const;
      for (const [method, path, body] of asked) {
        const answer = await world().request(method, path, { as: bruno, body });
        expect([method, path, answer.status]).toEqual([method, path, 404]);
      }
      for (const path of ['/v1/connections', '/v1/sessions'])
        expect((await world().request('GET', path, { as: bruno })).body).toMatchObject({
          items: [],
          total: 0,
        });
    });

    it('tell their owner nothing that is for admins', async () => {
      const ana = await world().customer('ana');
      const { id } = await world().connection({ owner: ana, framedIp: '198.51.100.9' });
      const admin = { as: world().admin };
      const restrict = { ...admin, body: { ...intent(2), reason: 'MANUAL' } };
      await world().request('POST', `/v1/connections/${id}/restrict`, restrict);
      await world().request('POST', `/v1/connections/${id}/renew-secret`, { ...admin, body: intent(3) });
      const told = [
        await world().request('GET', '/v1/connections', { as: ana }),
        await world().request('GET', `/v1/connections/${id}`, { as: ana }),
        await world().request('GET', `/v1/connections/${id}/history`, { as: ana }),
        await world().request('GET', '/v1/sessions', { as: ana }),
        await world().request('PATCH', `/v1/connections/${id}`, {
          as: ana,
          body: { ...intent(2), label: 'x' },
        }),
        await world().request('PATCH', `/v1/connections/${id}`, {
          as: ana,
          body: { ...intent(4), label: 'x' },
        }),
      ];
      expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 200, 409, 200]);
      const hidden = [
        'claim_deadline',
        'unclaimed',
        'token',
        'secret_hash',
        'nt_hash',
        'nasIp',
        'ifname',
        'customer',
      ];
      for (const { text } of told) for (const word of hidden) expect(text).not.toContain(word);
      expect(told[2]?.body).toMatchObject({ items: [{ version: 3, paths: ['restricted_reason'] }] });
    });

    it('have a history with the sessions that were ended by hand', async () => {
      const ana = await world().customer('ana');
      const { id } = await world().connection({ owner: ana, framedIp: '198.51.100.10' });
      const { body: list } = await world().request<{ items: readonly { id: string }[] }>(
        'GET',
        '/v1/sessions',
        { as: ana },
      );
      const body = { ...intent(2), label: 'x' };
      await world().request('PATCH', `/v1/connections/${id}`, { as: ana, body });
      await world().request('POST', `/v1/sessions/${list.items[0]?.id}/release`, { as: ana, body: intent() });
      const path = `/v1/connections/${id}/history`;
      const first = await world().request<{ next: string }>('GET', `${path}?limit=1`, { as: world().admin });
      expect(first.body).toMatchObject({
        items: [{ kind: 'session', isDeletion: true, by: { id: ana.principal, name: ana.email } }],
      });
      const more = `${path}?limit=1&cursor=${first.body.next}`;
      const second = await world().request('GET', more, { as: world().admin });
      expect(second.body).toMatchObject({
        items: [{ kind: 'vpn_connection', version: 3, paths: ['label'], previous: { label: null } }],
        next: null,
      });
    });
  });
}
