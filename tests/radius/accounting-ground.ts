/** What each test of accounting stands on: a world of its own in the database given, with one connection, and what is done to it. */
import { afterEach, beforeEach } from 'vitest';
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import { type AccountingWorld, accountingWorld, eventOf } from './accounting-world.ts';

export const phone = { user: 'ana', caller: '203.0.113.9' };
export const laptop = { user: 'ana', caller: '203.0.113.77' };
export const address = { framedIp: '10.8.0.7' };

export interface AccountingGround {
  readonly world: AccountingWorld;
  /** Of the connection, which is that of `phone` and `laptop`. */
  readonly id: number;
  /** Takes events one after the other. @returns their outcomes */
  take(...events: readonly AccountingEvent[]): Promise<readonly string[]>;
  /** Login and Start of `phone`. @returns the token of the session */
  begun(sid?: string): Promise<string>;
}

/** For a `describe`: made anew before each of its tests. */
export function accountingGround(database: () => Promise<string>): AccountingGround {
  let world: AccountingWorld;
  let id: number;
  beforeEach(async () => {
    world = await accountingWorld({ database: await database() });
    id = await world.connection(phone.user);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const take: AccountingGround['take'] = (...events) =>
    events.reduce<Promise<readonly string[]>>(
      async (before, event) => [...(await before), await world.intake.take(event)],
      Promise.resolve([]),
    );
  return {
    get world() {
      return world;
    },
    get id() {
      return id;
    },
    take,
    begun: async (sid = 's1') => {
      const holderToken = await world.login(id, phone);
      await take(eventOf('start', phone, { holderToken, sid, ...address }));
      return holderToken;
    },
  };
}
