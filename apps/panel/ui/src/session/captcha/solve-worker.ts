/** Does the work of a challenge beside the page, which stays quick meanwhile. */
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import type { Challenge, DeriveKeyFunction } from 'altcha-lib/types';
import { pbkdf2 } from './pbkdf2.ts';

const byHand: DeriveKeyFunction = async ({ algorithm, cost, keyLength }, salt, password) => {
  if (algorithm !== 'PBKDF2/SHA-256') throw new Error(`${algorithm} needs HTTPS`);
  return { derivedKey: pbkdf2(password, salt, cost, keyLength) };
};

addEventListener('message', ({ data }: MessageEvent<Challenge>) => {
  void answer(data);
});

async function answer(challenge: Challenge): Promise<void> {
  // Over plain HTTP a browser has no `subtle`, whatever its types say.
  const hasSubtle = (globalThis.crypto as Partial<Crypto>).subtle !== undefined;
  try {
    const solution = await solveChallenge({ challenge, deriveKey: hasSubtle ? deriveKey : byHand });
    postMessage(solution);
  } catch {
    postMessage(null);
  }
}
