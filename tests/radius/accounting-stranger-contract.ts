/** What reports do that are not of the session that is held: of none, of another, of a whole NAS, and of nothing that is known. */
import { describe, expect, it } from 'vitest';
import { accountingGround, address, laptop, phone } from './accounting-ground.ts';
import { eventOf, nasEvent } from './accounting-world.ts';

export function describeOtherReports(database: () => Promise<string>): void {
  const ground = accountingGround(database);
  const { take, begun } = ground;

  describe('without a login that we know of', () => {
    it('a Start is adopted where nobody holds', async () => {
      expect(await take(eventOf('start', phone, address))).toEqual(['applied']);
      expect(await ground.world.lock(ground.id)).toMatchObject({
        state: 'held',
        acct_session_id: 's1',
        framed_ip: '10.8.0.7',
      });
      expect(await ground.world.triggers()).toEqual(['session-start']);
    });

    it('a Start with a token that truth does not know is adopted, and so are its reports', async () => {
      const holderToken = '0b0e7a4c-9a53-4c80-bd53-0d0a4ad4f7cb';
      const events = (['start', 'interim', 'stop'] as const).map((kind) =>
        eventOf(kind, phone, { holderToken, ...address }),
      );
      expect(await take(...events.slice(0, 2))).toEqual(['applied', 'applied']);
      expect(await ground.world.ended(ground.id)).toEqual([]);
      expect(await take(...events.slice(2))).toEqual(['applied']);
      expect((await ground.world.lock(ground.id))?.state).toBe('released');
    });

    it('an Interim-Update adopts what is missing', async () => {
      expect(await take(eventOf('interim', phone, address))).toEqual(['applied']);
      expect((await ground.world.lock(ground.id))?.framed_ip).toBe('10.8.0.7');
    });

    it('a Start takes over what is stale', async () => {
      await ground.world.login(ground.id, laptop, Date.now() - 3_600_000);
      await take(eventOf('start', phone, address));
      expect(await ground.world.lock(ground.id)).toMatchObject({ state: 'held', acct_session_id: 's1' });
      expect(await ground.world.ended(ground.id)).toMatchObject([
        { release_reason: 'expired', nas_disconnect: 'due' },
      ]);
    });

    it('a Start of a connection that may not log in is disowned', async () => {
      await ground.world.happen(ground.id, { kind: 'disable' });
      expect(await take(eventOf('start', phone, address))).toEqual(['applied']);
      expect(await ground.world.lock(ground.id)).toBeUndefined();
      expect(await ground.world.ended(ground.id)).toMatchObject([
        { release_reason: 'not-allowed', acct_session_id: 's1', nas_disconnect: 'due' },
      ]);
      expect((await ground.world.triggers()).length).toBeGreaterThan(0);
      expect(await ground.world.metric('holdfast_radius_conflicts_total{because="not-allowed"}')).toBe(1);
    });

    it('a Stop releases nothing', async () => {
      expect(await take(eventOf('stop', phone))).toEqual(['applied']);
      expect(await ground.world.lock(ground.id)).toBeUndefined();
      expect(await ground.world.triggers()).toEqual([]);
    });
  });

  describe('while another holds', () => {
    it.each(['start', 'interim'] as const)('a %s steals nothing and is disowned, once', async (kind) => {
      const holderToken = await begun();
      const before = await ground.world.lock(ground.id);
      const stranger = eventOf(kind, laptop, { sid: 's2', framedIp: '10.8.0.9' });
      expect(await take(stranger, stranger)).toEqual(['applied', 'ignored']);
      expect(await ground.world.lock(ground.id)).toEqual(before);
      expect(before?.holder_token).toBe(holderToken);
      expect(await ground.world.ended(ground.id)).toMatchObject([
        { release_reason: 'conflict', acct_session_id: 's2', nas_disconnect: 'due' },
      ]);
      expect(await ground.world.triggers()).toEqual(['session-start', 'session-disowned']);
      expect(await ground.world.metric('holdfast_radius_conflicts_total{because="conflict"}')).toBe(1);
    });

    it('one that has no Acct-Session-Id is disowned once, too', async () => {
      await begun();
      const holderToken = '0b0e7a4c-9a53-4c80-bd53-0d0a4ad4f7cb';
      const stranger = eventOf('interim', laptop, { holderToken, sid: '' });
      expect(await take(stranger, stranger)).toEqual(['applied', 'ignored']);
      expect(await ground.world.ended(ground.id)).toHaveLength(1);
      expect(await ground.world.metric('holdfast_radius_conflicts_total{because="conflict"}')).toBe(1);
    });

    it('a Stop of another releases nothing', async () => {
      await begun();
      const before = await ground.world.lock(ground.id);
      await take(eventOf('stop', laptop, { sid: 's2' }));
      expect(await ground.world.lock(ground.id)).toEqual(before);
    });
  });

  describe('of a NAS that begins anew', () => {
    it.each(['nas-on', 'nas-off'] as const)('%s releases what it held before, in batches', async (kind) => {
      const before = Date.now() - 60_000;
      const ids = [ground.id];
      for (let made = 0; made < 3; made += 1) ids.push(await ground.world.connection(`user${made}`));
      for (const one of ids) await ground.world.login(one, { user: `u${one}`, caller: 'c' }, before);
      const since = await ground.world.connection('new');
      await ground.world.login(since, { user: 'new', caller: 'c' }, Date.now() + 1_000);
      expect(await take(nasEvent(kind))).toEqual(['applied']);
      for (const one of ids)
        expect(await ground.world.ended(one)).toMatchObject([{ release_reason: kind, nas_disconnect: null }]);
      expect((await ground.world.lock(since))?.state).toBe('held');
    });

    it.each([
      ['nas-off', 'released'],
      ['nas-on', 'held'],
    ] as const)('of its second, to which RADIUS tells time, %s leaves a session %s', async (kind, state) => {
      const second = Math.floor(Date.now() / 1_000) * 1_000 - 5_000;
      await ground.world.login(ground.id, phone, second + 400);
      await take(nasEvent(kind, { atMs: second, receivedMs: second + 700 }));
      expect((await ground.world.lock(ground.id))?.state).toBe(state);
    });

    it('one whose clock is ahead does not take back what it has begun since', async () => {
      await ground.world.login(ground.id, phone);
      const receivedMs = Date.now() - 10_000;
      await take(nasEvent('nas-on', { receivedMs, atMs: receivedMs + 240_000 }));
      expect((await ground.world.lock(ground.id))?.state).toBe('held');
    });

    it('a stranger that says so releases nothing', async () => {
      await begun();
      expect(await take(nasEvent('nas-on', { src: '198.51.100.1' }))).toEqual(['ignored']);
      expect((await ground.world.lock(ground.id))?.state).toBe('held');
    });
  });

  describe('that says nothing of a session', () => {
    it.each([
      ['of a user whom truth does not know', { user: 'nobody' }],
      ['of a user whose name is no text', { user: 'ana\udcff' }],
      ['without Acct-Session-Id and token', { sid: '' }],
      ['of a kind that is not known', { kind: 'other' }],
      ['from a stranger, of a session that is not there', { src: '198.51.100.1' }],
    ] as const)('%s changes nothing', async (_name, more) => {
      expect(await take(eventOf('start', phone, { ...address, ...more }))).toEqual(['ignored']);
      expect(await ground.world.lock(ground.id)).toBeUndefined();
      expect(await ground.world.ended(ground.id)).toEqual([]);
    });
  });

  it.each([
    ['NUL', 'a\0b'],
    ['an emoji', '\u{1f512}'],
    ['SQL', `'; drop table vpn_connections; --`],
    ['as many bytes as an attribute can have', 'é'.repeat(126)],
  ])('hostile text is text: %s', async (_name, text) => {
    const device = { user: phone.user, caller: `c${text}` };
    const events = (['start', 'interim', 'stop'] as const).map((kind) =>
      eventOf(kind, device, { sid: text, cause: text, nasId: text, ...address }),
    );
    expect(await take(...events)).toEqual(['applied', 'applied', 'applied']);
    expect((await ground.world.lock(ground.id))?.state).toBe('released');
    expect(await take(eventOf('start', { user: text, caller: text }, { sid: text }))).toEqual(['ignored']);
  });

  it('fifty Starts of fifty devices at once leave one session, and each other one disowned', async () => {
    const starts = Array.from({ length: 50 }, (_value, place) =>
      eventOf('start', { user: phone.user, caller: `c${place}` }, { sid: `s${place}` }),
    );
    await Promise.all(starts.map((start) => ground.world.intake.take(start)));
    const ended = await ground.world.ended(ground.id);
    expect(ended.map((one) => one.release_reason)).toEqual(Array(49).fill('conflict'));
    const held = (await ground.world.lock(ground.id))?.acct_session_id;
    expect(new Set([held, ...ended.map((one) => one.acct_session_id)]).size).toBe(50);
    expect(held).not.toBeNull();
  });
}
