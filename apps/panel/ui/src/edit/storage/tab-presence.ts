/**
 * Which tabs are open: a Web Lock is held as long as a tab lives. Where there are none, as on plain HTTP in a LAN, a tab that is
 * asked for answers on a channel.
 */
import type { TabPresence } from '@holdfast/optimistic-client';

/** The lock of a page that is being loaded again is given back a moment after the new one has begun. */
const handoverMs = 300;
const answerWithinMs = 120;
const lockOf = (tabId: string) => `holdfast:tab:${tabId}`;

export function lockPresence(locks: LockManager): TabPresence {
  const own = new Map<string, Promise<boolean>>();
  const request = (tabId: string) =>
    new Promise<boolean>((resolve) => {
      const signal = AbortSignal.timeout(handoverMs);
      locks
        .request(lockOf(tabId), { signal }, () => {
          resolve(true);
          // Never settled: the browser gives the lock back when the tab goes.
          return new Promise<never>(() => undefined);
        })
        .catch(() => {
          own.delete(tabId);
          resolve(false);
        });
    });
  return {
    claim: (tabId) => {
      const claimed = own.get(tabId) ?? request(tabId);
      own.set(tabId, claimed);
      return claimed;
    },
    isHeld: async (tabId) => {
      const { held = [] } = await locks.query();
      return held.some(({ name }) => name === lockOf(tabId));
    },
  };
}

interface PresenceMessage {
  readonly kind: 'who' | 'here';
  readonly tabId: string;
}

export function channelPresence(channel: BroadcastChannel): TabPresence {
  const own = new Set<string>();
  const waiting = new Map<string, () => void>();
  channel.addEventListener('message', ({ data }: MessageEvent<PresenceMessage>) => {
    if (data.kind === 'here') waiting.get(data.tabId)?.();
    else if (own.has(data.tabId)) channel.postMessage({ kind: 'here', tabId: data.tabId });
  });
  const isHeld = (tabId: string) =>
    new Promise<boolean>((resolve) => {
      waiting.set(tabId, () => resolve(true));
      setTimeout(() => resolve(false), answerWithinMs);
      channel.postMessage({ kind: 'who', tabId });
    }).finally(() => waiting.delete(tabId));
  return {
    isHeld,
    claim: async (tabId) => {
      if (own.has(tabId)) return true;
      if (await isHeld(tabId)) return false;
      own.add(tabId);
      return true;
    },
  };
}

let ofThisPage: TabPresence | undefined;

/** What this browser has of it. One for the page: it holds what was claimed whoever is logged in. */
export function browserPresence(): TabPresence {
  ofThisPage ??=
    globalThis.navigator?.locks === undefined
      ? channelPresence(new BroadcastChannel('holdfast:tabs'))
      : lockPresence(navigator.locks);
  return ofThisPage;
}
