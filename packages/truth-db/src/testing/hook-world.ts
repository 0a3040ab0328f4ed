/** A database and the hooks of a gateway that report about its sessions. */
import { afterEach, beforeEach } from 'vitest';
import {
  type HookDown,
  type HookOutcome,
  type HookUp,
  reportSessionDown,
  reportSessionUp,
} from '../index.ts';
import { createSessionWorld, type MakeDatabase, now, type SessionWorld, stored } from './session-world.ts';

/** Of every event that gives no other. */
export const hookAddress = '198.51.100.6';

export interface HookWorld {
  readonly w: SessionWorld;
  up(id: number, seconds: number, more?: Partial<HookUp>): Promise<HookOutcome>;
  down(id: number, seconds: number, more?: Partial<HookDown>): Promise<HookOutcome>;
  /** The session that is held, undefined when none is. */
  held(id: number): Promise<object | undefined>;
  /** Every row that an event could have touched. */
  everything(): Promise<object>;
}

/** To be called inside a suite: each of its tests has a world of its own. */
export function useHookWorld(make: MakeDatabase): () => HookWorld {
  let world: HookWorld;
  beforeEach(async () => {
    world = hookWorld(await createSessionWorld(make));
  });
  afterEach(() => world.w[Symbol.asyncDispose]());
  return () => world;
}

function hookWorld(w: SessionWorld): HookWorld {
  const event = (id: number, seconds: number) => ({
    vpnConnectionId: id,
    gateway: 'gw',
    source: 'pppd',
    session: '77.3',
    boot: { id: 'boot1', uptimeMs: 5_000_000 + seconds * 1_000 },
    at: now + seconds * 1_000,
    framedIp: hookAddress,
  });
  const rows = (table: 'active_session_locks' | 'released_sessions' | 'policy_triggers') =>
    w.truth.db.selectFrom(table).selectAll().execute();
  return {
    w,
    up: (id, seconds, more) =>
      w.truth.transaction((trx) => reportSessionUp(trx, { verb: 'up', ...event(id, seconds), ...more })),
    down: (id, seconds, more) =>
      w.truth.transaction((trx) => reportSessionDown(trx, { ...event(id, seconds), ...more })),
    held: async (id) => {
      const lock = await w.lock(id);
      return lock?.state === 'held' ? lock : undefined;
    },
    everything: async () => ({
      locks: await rows('active_session_locks'),
      ended: await rows('released_sessions'),
      triggers: await rows('policy_triggers'),
    }),
  };
}

/** The moment of an event as it is stored. */
export function secondsOn(seconds: number): string {
  return stored(now + seconds * 1_000);
}
