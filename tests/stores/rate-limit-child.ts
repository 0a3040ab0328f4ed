/**
 * One of several processes that ask for decisions, told what to do in lines:
 *
 *   open BACKEND PLACE            from now on this
 *   storm BACKEND KEY COUNT       so often, one after the other; answers how many were allowed
 *   hammer BACKEND KEY            takes one after the other, for ever, and says nothing of it
 *   work BACKEND BACKEND …        takes one on each, for ever, and says `taken BACKEND` when it was answered
 */
import { answerLines, openLines } from '../lock/child-lines.ts';
import type { Backend } from './captcha-token-stores.ts';
import { burstOfTen, countable, endless, type OpenRateLimits, openRateLimits } from './rate-limit-stores.ts';

const opened = new Map<string, OpenRateLimits>();

answerLines(openLines(), {
  open: async (backend = '', place = '') => {
    opened.set(backend, await openRateLimits(backend as Backend, place));
    return 'opened';
  },
  storm: async (backend = '', key = '', count = '1') => {
    let allowed = 0;
    for (let calls = 0; calls < Number(count); calls += 1) {
      if ((await storeOf(backend).take(burstOfTen, key)).isAllowed) allowed += 1;
    }
    return `allowed ${allowed}`;
  },
  hammer: async (backend = '', key = '') => {
    void takeQuietly(backend, key);
    return 'hammering';
  },
  work: async (...backends) => {
    for (const backend of backends) void takeForEver(backend);
    return 'working';
  },
});

async function takeForEver(backend: string): Promise<void> {
  for (;;) {
    const { isAllowed } = await storeOf(backend).take(countable, 'all');
    if (!isAllowed) throw new Error('it was not allowed');
    // Handed to the kernel before the next one: what is only queued here dies with this process.
    await new Promise((resolve) => process.stdout.write(`taken ${backend}\n`, resolve));
  }
}

async function takeQuietly(backend: string, key: string): Promise<void> {
  for (let calls = 0; ; calls += 1) {
    await storeOf(backend).take(endless, key);
    if (calls % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve)); // for its stdin to end it
  }
}

function storeOf(backend: string) {
  const stores = opened.get(backend);
  if (stores === undefined) throw new Error(`${backend} was not opened`);
  return stores.store;
}
