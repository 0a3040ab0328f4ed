/** Sessions over HTTP, on any database: ending exactly the one that was seen. */
import type { Session, SessionPage } from '@holdfast/panel-client/schema';
import { endSession, startSession } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import type { MakeDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import type { PanelUser } from '../testing/panel-user.ts';
import { type PanelWorld, usePanelWorld } from '../testing/panel-world.ts';
import { heldVersion, releaseHeld } from './session-kind.ts';

const heldValue = {
  customer_id: 1,
  state: 'held',
  gateway: 'gw1',
  framed_ip: '198.51.100.20',
  framed_ipv6: null,
} as const;

export function sessionContract(name: string, make: MakeDatabase): void {
  describe(`sessions over HTTP on ${name}`, () => {
    const { world, another } = usePanelWorld(make);

    it('are ended by their owner, with a trigger and a line in the log, once', async () => {
      const { ana, session } = await online(world());
      const body = intent();
      const path = `/v1/sessions/${session.id}/release`;
      const first = await world().request('POST', path, { as: ana, body });
      const again = await another().request('POST', path, { as: ana, body });
      const other = await world().request('POST', path, { as: world().admin, body: intent() });
      expect(first.body).toEqual({ id: session.id, connectionId: '1', outcome: 'released' });
      expect(again).toMatchObject({ status: 200, body: first.body });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(other.body).toMatchObject({ outcome: 'ended-before' });
      const { db } = world().parts.truth;
      expect(await db.selectFrom('policy_triggers').select('reason').execute()).toEqual([
        { reason: 'session-end' },
      ]);
      const { body: log } = await world().request('GET', '/v1/audit?kind=session', { as: world().admin });
      expect(log).toMatchObject({
        items: [
          {
            id: session.id,
            operation: 'POST /v1/sessions/{id}/release',
            isDeletion: true,
            by: { id: ana.principal },
            previous: { state: 'held', gateway: 'gw1', framed_ip: '198.51.100.20' },
          },
        ],
      });
      expect(await sessionsOf(world(), ana)).toEqual([]);
    });

    it('that came after the one that was seen stay', async () => {
      const { ana, session } = await online(world());
      const { truth } = world().parts;
      const at = Date.parse(session.since) + 5_000;
      const next = { gateway: 'gw1', vpnConnectionId: 1, sessionKey: 'next', framedIp: '198.51.100.21' };
      await truth.transaction((trx) => endSession(trx, { vpnConnectionId: 1, reason: 'user-request', at }));
      await truth.transaction((trx) => startSession(trx, { ...next, at: at + 1, expiresAt: at + 3_600_000 }));
      const path = `/v1/sessions/${session.id}/release`;
      const late = await world().request('POST', path, { as: ana, body: intent() });
      expect(late.body).toEqual({ id: session.id, connectionId: '1', outcome: 'ended-before' });
      // Also where it came between the look at the session and its end.
      const ending = truth.transaction((trx) =>
        releaseHeld()({ trx, at, id: session.id, stored: { version: heldVersion, value: heldValue } }),
      );
      await expect(ending).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      const [held] = await sessionsOf(world(), ana);
      expect(held).toMatchObject({ id: `1-${at + 1}`, framedIp: '198.51.100.21' });
    });

    it('are not found by an id that is none of theirs', async () => {
      await online(world());
      const huge = '9999999999999999-999999999999999';
      for (const id of ['1-5', '1-1e3', '01-5', '1-05', huge, '1', '%00', '1-5%20']) {
        const release = { as: world().admin, body: intent() };
        const answer = await world().request('POST', `/v1/sessions/${id}/release`, release);
        expect([id, answer.status]).toEqual([id, 404]);
      }
    });

    it('are listed as they are now, beside a list of connections that is kept', async () => {
      const ana = await world().customer('ana');
      await world().connection({ owner: ana, label: 'Router' });
      const online = async () => {
        const { body } = await world().request<{ items: readonly { session: Session | null }[] }>(
          'GET',
          '/v1/connections',
          { as: ana },
        );
        return body.items[0]?.session?.framedIp ?? null;
      };
      const filtered = async (is: boolean) =>
        (await world().request('GET', `/v1/connections?online=${is}`, { as: ana })).body;
      expect(await online()).toBeNull();
      expect(await filtered(true)).toMatchObject({ total: 0 });
      const at = Date.now();
      const start = { gateway: 'gw1', vpnConnectionId: 1, sessionKey: 'k', framedIp: '198.51.100.22' };
      await world().parts.truth.transaction((trx) =>
        startSession(trx, { ...start, at, expiresAt: at + 3_600_000 }),
      );
      expect(await online()).toBe('198.51.100.22');
      const of = (query: string) => sessionsOf(world(), world().admin, query);
      expect(await of('?search=198.51')).toHaveLength(1);
      expect(await of('?search=rout')).toHaveLength(1);
      expect(await of('?search=198_51')).toHaveLength(0);
      expect(await of('?gateway=gw2')).toHaveLength(0);
      expect(await filtered(true)).toMatchObject({ total: 1 });
      expect(await filtered(false)).toMatchObject({ total: 0 });
    });

    it('come in pages, each once', async () => {
      const ana = await world().customer('ana');
      for (let host = 1; host <= 5; host += 1)
        await world().connection({ owner: ana, framedIp: `198.51.100.${host}` });
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const path = `/v1/sessions?limit=2${cursor}`;
        const { body } = await world().request<SessionPage>('GET', path, { as: world().admin });
        expect(body.total).toBe(5);
        seen.push(...body.items.map(({ connectionId }) => connectionId));
        if (body.next === null) break;
        cursor = `&cursor=${body.next}`;
      }
      expect(seen).toEqual(['1', '2', '3', '4', '5']);
    });
  });
}

/** Connection 1 of Ana, who has a session. */
async function online(world: PanelWorld): Promise<{ readonly ana: PanelUser; readonly session: Session }> {
  const ana = await world.customer('ana');
  await world.connection({ owner: ana, framedIp: '198.51.100.20' });
  const [session] = await sessionsOf(world, ana);
  if (session === undefined) throw new Error('there is no session');
  return { ana, session };
}

async function sessionsOf(world: PanelWorld, as: PanelUser, query = ''): Promise<readonly Session[]> {
  return (await world.request<SessionPage>('GET', `/v1/sessions${query}`, { as })).body.items;
}
