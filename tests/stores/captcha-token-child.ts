/**
 * One of several processes at the stores of CAPTCHAs and refresh tokens, told what to do in lines:
 *
 *   open BACKEND PLACE             from now on these
 *   refresh BACKEND TOKEN COUNT    so often at once; answers the outcomes
 *   verify BACKEND TOKEN COUNT     the same for a CAPTCHA, each an attempt of its own
 *   logout BACKEND TOKEN
 *   work BACKEND BACKEND …         rotates a family on each, claims CAPTCHAs, logs in and out, and says what it was
 *                                  answered, for ever
 */
import { hash, randomUUID } from 'node:crypto';
import { CaptchaVerifier, type RefreshOutcome, TokenRotation } from '@holdfast/runtime-stores';
import { answerLines, openLines, say } from '../lock/child-lines.ts';
import { type Backend, easyCaptcha, type LoginStores, openStores } from './captcha-token-stores.ts';

const opened = new Map<string, LoginStores>();

answerLines(openLines(), {
  open: async (backend = '', place = '') => {
    opened.set(backend, await openStores(backend as Backend, place));
    return 'opened';
  },
  refresh: async (backend = '', token = '', count = '1') => {
    const outcomes = await several(count, () => rotationOf(backend).refresh(token));
    return `outcomes ${JSON.stringify(outcomes)}`;
  },
  verify: async (backend = '', token = '', count = '1') => {
    const verifier = new CaptchaVerifier({ provider: easyCaptcha, claims: storesOf(backend).claims });
    const outcomes = await several(count, () =>
      verifier.verify({ token, scope: 'login:web', attemptId: randomUUID() }),
    );
    return `outcomes ${JSON.stringify(outcomes)}`;
  },
  logout: async (backend = '', token = '') =>
    `outcomes ${JSON.stringify([await rotationOf(backend).logout(token)])}`,
  work: async (...backends) => {
    for (const backend of backends) {
      void rotate(backend);
      void claim(backend);
      void logOut(backend);
    }
    return 'working';
  },
});

async function rotate(backend: string): Promise<void> {
  const rotation = rotationOf(backend);
  let { token } = await rotation.issue({ userId: 'ana' });
  for (;;) {
    say(`token ${backend} ${token}`);
    const outcome: RefreshOutcome = await rotation.refresh(token);
    if (outcome.kind !== 'rotated') throw new Error(`it was ${JSON.stringify(outcome)}`);
    token = outcome.token;
  }
}

async function claim(backend: string): Promise<void> {
  const { claims } = storesOf(backend);
  for (let turn = 0; ; turn += 1) {
    const claimed = hash('sha256', `${process.pid} ${turn}`);
    const own = { hash: claimed, scope: 'login:web', attemptId: randomUUID(), state: 'ok' } as const;
    const { kind } = await claims.claim(own, 3_600_000);
    if (kind !== 'claimed') throw new Error('a CAPTCHA that nobody has used was taken');
    say(`claim ${backend} ${claimed}`);
  }
}

async function logOut(backend: string): Promise<void> {
  for (;;) {
    const { token } = await rotationOf(backend).issue({ userId: 'ben' });
    const { kind } = await rotationOf(backend).logout(token);
    if (kind !== 'revoked') throw new Error(`it was ${kind}`);
    say(`revoked ${backend} ${token}`);
  }
}

function rotationOf(backend: string): TokenRotation {
  return new TokenRotation({ families: storesOf(backend).families('web') });
}

function storesOf(backend: string): LoginStores {
  const stores = opened.get(backend);
  if (stores === undefined) throw new Error(`${backend} was not opened`);
  return stores;
}

function several<Result>(count: string, work: () => Promise<Result>): Promise<readonly Result[]> {
  return Promise.all(Array.from({ length: Number(count) }, work));
}
