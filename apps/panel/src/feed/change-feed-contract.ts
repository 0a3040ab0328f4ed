/** What a feed tells, on any database: everything that was committed, by whichever process, to those who may know of it. */
import { randomUUID } from 'node:crypto';
import { encodeTime } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admin, FeedWorld } from './testing/feed-world.ts';

const isSessions = ({ type }: { readonly type: string }) => type === 'sessions';

/** @param place - the URL of a database that only this test has */
export function changeFeedContract(name: string, place: () => Promise<string>): void {
  describe(`the feed on ${name}`, () => {
    let world: FeedWorld;
    let email: string;
    beforeEach(async () => {
      email = `${randomUUID()}@example.net`;
      world = await FeedWorld.open(await place());
    });
    afterEach(() => world?.[Symbol.asyncDispose]());

    it('tells a commit of another process, with its author and version', async () => {
      const id = await world.connection();
      using heard = await world.listen();
      await world.rename(id, 1, 'Laptop');
      expect(await heard.until(({ type }) => type === 'change')).toEqual({
        type: 'change',
        kind: 'vpn_connection',
        id,
        version: 2,
        isDeletion: false,
        by: { id: 'a1', name: 'Root' },
      });
    });

    it('tells each of many commits once, and hello only at the beginning', async () => {
      using heard = await world.listen();
      const ids: string[] = [];
      for (let made = 0; made < 30; made += 1) ids.push(await world.connection());
      const last = ids.at(-1);
      await heard.until((event) => event.type === 'change' && event.id === last);
      expect(heard.events.filter(({ type }) => type === 'hello')).toHaveLength(1);
      const told = heard.events.flatMap((event) => (event.type === 'change' ? [event.id] : []));
      expect(told.toSorted()).toEqual(ids.toSorted());
    });

    it('tells a customer of their own connections and sessions, and of nothing else', async () => {
      const [ana, bob] = [await world.customer(email), await world.customer(`b${email}`)];
      const [hers, his] = [await world.connection(), await world.connection()];
      await world.give(hers, ana);
      await world.give(his, bob);
      const reader = { viewer: { role: 'customer', customerId: ana } } as const;
      using heard = await world.listen(reader);
      using adminHeard = await world.listen();
      // The first session that is seen says nothing of what was there before.
      await world.startSession(hers, '10.1.0.1');
      await heard.until(isSessions);
      const before = heard.events.length;
      await world.rename(his, 2, 'His');
      await world.startSession(his, '10.1.0.2');
      await world.run();
      await adminHeard.until(({ type }) => type === 'gateway');
      await world.rename(hers, 2, 'Hers');
      await heard.until(({ type }) => type === 'change');
      expect(heard.events.slice(before)).toMatchObject([{ type: 'change', id: hers }]);
    });

    it('tells nothing of a connection to the customer who has lost it in the same moment', async () => {
      const ana = await world.customer(email);
      const [lost, kept] = [await world.connection(), await world.connection()];
      await world.give(lost, ana);
      await world.give(kept, ana);
      using heard = await world.listen({ viewer: { role: 'customer', customerId: ana } });
      const bob = await world.customer(`b${email}`);
      await world.truth.db
        .updateTable('vpn_connections')
        .set({ customer_id: bob })
        .where('id', '=', Number(lost))
        .execute();
      await world.rename(lost, 2, 'Lost');
      await world.rename(kept, 2, 'Kept');
      expect(await heard.until(({ type }) => type === 'change')).toMatchObject({ id: kept });
      expect(JSON.stringify(heard.events)).not.toContain(`"id":"${lost}"`);
    });

    it('says hello anew when the log does not tell all that was counted', async () => {
      const id = await world.connection();
      using heard = await world.listen();
      await world.truth.transaction(async (trx) => {
        // As a transaction that was begun long ago, or by a host whose clock is behind.
        await trx
          .insertInto('change_log')
          .values({
            kind: 'vpn_connection',
            resource_id: id,
            version: 2,
            operation: 'PATCH /v1/connections/{id}',
            is_deletion: 0,
            author_id: 'a1',
            author_name: 'Root',
            changed_at: encodeTime(Date.now() - 3_600_000),
            paths: '[]',
            previous: '{}',
          })
          .execute();
        await trx
          .updateTable('tag_generations')
          .set((eb) => ({ generation: eb('generation', '+', 1) }))
          .where('tag', '=', 'vpn_connection')
          .execute();
      });
      await heard.until(({ type }) => type === 'hello', 2);
    });

    it('ends when the login of the reader was revoked, and the others go on', async () => {
      const family = { profile: 'panel', user_id: 'c1', device_id: '', secret: 'ab', generation: 1 };
      const times = { rotated_at: 1, idle_expires_at: 9e15, absolute_expires_at: 9e15 };
      const open = { ...times, revoked_at: null, revoked_reason: null };
      const [one, two] = [randomUUID(), randomUUID()];
      for (const family_id of [one, two])
        await world.truth.db
          .insertInto('token_families')
          .values({ family_id, ...family, ...open })
          .execute();
      using ended = await world.listen({ ...admin, familyId: one });
      using going = await world.listen({ ...admin, familyId: two });
      await world.truth.db
        .updateTable('token_families')
        .set({ revoked_at: 2, revoked_reason: 'admin' })
        .where('family_id', '=', one)
        .execute();
      await expect(ended.until(({ type }) => type === 'gateway')).rejects.toThrow('ended');
      await world.run();
      await going.until(({ type }) => type === 'gateway');
      expect(going.hasEnded).toBe(false);
    });

    it('tells an own commit without waiting for the next look', async () => {
      await using patient = await FeedWorld.open(await place(), { lookMs: 3_600_000, loginsMs: 3_600_000 });
      using heard = await patient.listen();
      await patient.connection(patient.own((change) => patient.feed.note(change)));
      await heard.until(({ type }) => type === 'change');
    });
  });
}
