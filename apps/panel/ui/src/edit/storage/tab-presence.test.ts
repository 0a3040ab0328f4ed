/** Tabs that know of each other: by locks, and by calls where there are none. */
import { describe, expect, it } from 'vitest';
import { channelPresence, lockPresence } from './tab-presence.ts';

/** Locks of one browser, as far as they are used: one holder each, a wait that ends with its signal. */
function fakeLocks(held: Set<string>): LockManager {
  const locks = {
    request: (name: string, { signal }: LockOptions, task: () => Promise<unknown>) => {
      if (!held.has(name)) {
        held.add(name);
        return task();
      }
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    },
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
  };
  return locks as unknown as LockManager;
}

describe.each([
  [
    'locks',
    () => {
      const held = new Set<string>();
      return () => lockPresence(fakeLocks(held));
    },
  ],
  [
    'calls on a channel',
    () => {
      const name = `tabs ${Math.random()}`;
      return () => {
        const channel = new BroadcastChannel(name);
        // Nothing that a test opens keeps it alive.
        (channel as { unref?: () => void }).unref?.();
        return channelPresence(channel);
      };
    },
  ],
] as const)('a tab, by %s', (_name, browser) => {
  it('has its name for itself, and may ask for it twice', async () => {
    const open = browser();
    const [first, copy] = [open(), open()];
    expect(await first.claim('tab1')).toBe(true);
    expect(await first.claim('tab1')).toBe(true);
    expect(await copy.claim('tab1')).toBe(false);
    expect(await copy.isHeld('tab1')).toBe(true);
    expect(await copy.isHeld('tab2')).toBe(false);
    expect(await copy.claim('tab2')).toBe(true);
  });
});
