/** What the reports of a session do to it, from its Start to its Stop, in whatever order they come. */

import { describe, expect, it } from 'vitest';
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import { accountingGround, address, laptop, phone } from './accounting-ground.ts';
import { eventOf, leaseMs } from './accounting-world.ts';

export function describeSessionReports(database: () => Promise<string>): void {
  const ground = accountingGround(database);
  const { take, begun } = ground;

  describe('of a session with its token', () => {
    it('Start confirms it, with addresses, Acct-Session-Id and the lease of a session', async () => {
      const holderToken = await ground.world.login(ground.id, phone);
      const start = eventOf('start', phone, { holderToken, ...address, framedIpv6: '2001:DB8::7' });
      expect(await take(start)).toEqual(['applied']);
      expect(await ground.world.lock(ground.id)).toMatchObject({
        state: 'held',
        holder_token: holderToken,
        acct_session_id: 's1',
        framed_ip: '10.8.0.7',
        framed_ipv6: '2001:db8::7',
        expires_at: new Date(start.receivedMs + leaseMs).toISOString(),
      });
      expect(await ground.world.triggers()).toEqual(['session-start']);
    });

    it('Interim-Update extends it, and is no news', async () => {
      const holderToken = await begun();
      const later = eventOf('interim', phone, { holderToken, ...address, receivedMs: Date.now() + 300_000 });
      expect(await take(later)).toEqual(['applied']);
      expect((await ground.world.lock(ground.id))?.expires_at).toBe(
        new Date(later.receivedMs + leaseMs).toISOString(),
      );
      expect(await ground.world.triggers()).toEqual(['session-start']);
    });

    it('is extended by the clock of the mapper, wherever that of its NAS stands', async () => {
      const holderToken = await begun();
      const receivedMs = Date.now() + 300_000;
      for (const kind of ['start', 'interim'] as const) {
        await take(
          eventOf(kind, phone, { holderToken, ...address, receivedMs, atMs: receivedMs - 3_600_000 }),
        );
        expect((await ground.world.lock(ground.id))?.expires_at).toBe(
          new Date(receivedMs + leaseMs).toISOString(),
        );
      }
    });

    it('Interim-Update confirms it where the Start was lost', async () => {
      const holderToken = await ground.world.login(ground.id, phone);
      await take(eventOf('interim', phone, { holderToken, ...address }));
      expect(await ground.world.lock(ground.id)).toMatchObject({
        framed_ip: '10.8.0.7',
        acct_session_id: 's1',
      });
      expect((await ground.world.lock(ground.id))?.confirmed_at).not.toBeNull();
    });

    it('Interim-Update with another address moves it', async () => {
      const holderToken = await begun();
      await take(eventOf('interim', phone, { holderToken, framedIp: '10.8.0.8' }));
      expect((await ground.world.lock(ground.id))?.framed_ip).toBe('10.8.0.8');
      expect(await ground.world.triggers()).toEqual(['session-start', 'session-start']);
    });

    it('an address that is nobody’s is left out, and the session goes on', async () => {
      const holderToken = await ground.world.login(ground.id, phone);
      expect(await take(eventOf('start', phone, { holderToken, framedIp: '0.0.0.0' }))).toEqual(['applied']);
      expect(await ground.world.lock(ground.id)).toMatchObject({ framed_ip: null, acct_session_id: 's1' });
    });

    it('Stop releases it', async () => {
      const holderToken = await begun();
      expect(await take(eventOf('stop', phone, { holderToken, cause: 'User-Request' }))).toEqual(['applied']);
      expect((await ground.world.lock(ground.id))?.state).toBe('released');
      expect(await ground.world.ended(ground.id)).toMatchObject([
        { release_reason: 'user-request', nas_disconnect: null },
      ]);
      expect(await ground.world.triggers()).toEqual(['session-start', 'session-end']);
    });

    it('everything twice is the same as once', async () => {
      const holderToken = await ground.world.login(ground.id, phone);
      const [start, interim, stop] = (['start', 'interim', 'stop'] as const).map((kind) =>
        eventOf(kind, phone, { holderToken, ...address }),
      ) as [AccountingEvent, AccountingEvent, AccountingEvent];
      expect(await take(start, start, interim, interim, stop, stop, start, interim)).toEqual([
        ...['applied', 'applied', 'applied', 'applied', 'applied'],
        ...['ignored', 'ignored', 'ignored'],
      ]);
      expect(await ground.world.triggers()).toEqual(['session-start', 'session-end']);
      expect(await ground.world.ended(ground.id)).toHaveLength(1);
    });

    it('a Stop that comes first ends what has not begun, and the Start begins nothing', async () => {
      const holderToken = await ground.world.login(ground.id, phone);
      expect(await take(eventOf('stop', phone, { holderToken }))).toEqual(['applied']);
      expect(await take(eventOf('start', phone, { holderToken, ...address }))).toEqual(['ignored']);
      expect((await ground.world.lock(ground.id))?.state).toBe('released');
    });

    it('a Stop after a takeover leaves the successor alone', async () => {
      const earlier = await ground.world.login(ground.id, phone, Date.now() - 3_600_000);
      const successor = await ground.world.login(ground.id, laptop);
      await take(eventOf('start', laptop, { holderToken: successor, sid: 's2', ...address }));
      expect(await take(eventOf('stop', phone, { holderToken: earlier }))).toEqual(['ignored']);
      expect(await ground.world.lock(ground.id)).toMatchObject({ state: 'held', holder_token: successor });
    });
  });

  describe('of a NAS that echoes no token', () => {
    it('a life is told by session key and Acct-Session-Id', async () => {
      await ground.world.login(ground.id, phone);
      const events = (['start', 'interim', 'stop'] as const).map((kind) => eventOf(kind, phone, address));
      expect(await take(...events)).toEqual(['applied', 'applied', 'applied']);
      expect((await ground.world.lock(ground.id))?.state).toBe('released');
      expect(await take(eventOf('start', phone, address))).toEqual(['ignored']);
    });

    it('a Stop that comes first is remembered, and its Start begins nothing', async () => {
      await ground.world.login(ground.id, phone);
      await take(eventOf('stop', phone));
      expect(await take(eventOf('start', phone, address), eventOf('interim', phone, address))).toEqual([
        'ignored',
        'ignored',
      ]);
      expect((await ground.world.lock(ground.id))?.confirmed_at).toBeNull();
    });

    it('a late Interim-Update of the session before does not touch the next one', async () => {
      await ground.world.login(ground.id, phone);
      await take(eventOf('start', phone, address));
      await ground.world.login(ground.id, phone); // the same device again
      expect(await take(eventOf('interim', phone, address))).toEqual(['ignored']);
      expect(await ground.world.lock(ground.id)).toMatchObject({ acct_session_id: null, confirmed_at: null });
    });
  });
}
