/** Proof of work with the library as it is: challenges are made, solved and presented as a widget would. */
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type Clock, systemClock } from '@holdfast/base';
import { type Challenge, type Solution, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { altchaCaptcha } from './altcha-captcha.ts';
import type { CaptchaClaims } from './captcha-claims.ts';
import { type CaptchaRequest, CaptchaVerifier } from './captcha-verifier.ts';
import { MemoryCaptchaClaims } from './memory-captcha-claims.ts';

const secret = 'a secret of sixteen characters';
const scope = 'login:web';
/** So little work that a solution is found at once. */
const easy = { secret, cost: 1, keyPrefix: '0' };
const hour = 3_600_000;

describe('a proof of work', () => {
  let nowMs: number;
  let claims: CaptchaClaims;
  let write: MockInstance<CaptchaClaims['claim']>;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };
  const captcha = altchaCaptcha(easy);

  beforeEach(() => {
    nowMs = Date.now();
    claims = new MemoryCaptchaClaims({ clock });
    write = vi.spyOn(claims, 'claim');
  });

  const verify = (token: string, request: Partial<CaptchaRequest> = {}) =>
    new CaptchaVerifier({ provider: captcha, claims, clock }).verify({
      token,
      scope,
      attemptId: randomUUID(),
      ...request,
    });

  const solved = async (challenge: Challenge, counterStart = 0) =>
    ({ challenge, solution: await solutionOf(challenge, counterStart) }) as const;

  it('passes once in the scope it was made for', async () => {
    const token = tokenOf(await solved(await captcha.challenge(scope, nowMs)));
    expect(await verify(token)).toEqual({ kind: 'ok', isRepeat: false });
    expect(await verify(token)).toEqual({ kind: 'replayed' });
  });

  it('passes in no other scope, which is refused before anything is written', async () => {
    const token = tokenOf(await solved(await captcha.challenge('login:admin', nowMs)));
    expect(await verify(token)).toEqual({ kind: 'invalid', reason: 'scope' });
    expect(write).not.toHaveBeenCalled();
  });

  it('passes in no other login', async () => {
    const token = tokenOf(await solved(await captcha.challenge(scope, nowMs, 'one')));
    expect(await verify(token, { nonce: 'other' })).toEqual({ kind: 'invalid', reason: 'nonce' });
    expect(await verify(token)).toEqual({ kind: 'invalid', reason: 'nonce' });
    expect(await verify(token, { nonce: 'one' })).toEqual({ kind: 'ok', isRepeat: false });
  });

  it('is used up by its challenge, however it is spelled and whichever solution is sent', async () => {
    const challenge = await captcha.challenge(scope, nowMs);
    const first = await solved(challenge);
    const second = await solved(challenge, first.solution.counter + 1);
    expect(second.solution.counter).not.toBe(first.solution.counter);
    expect(await verify(tokenOf(first))).toEqual({ kind: 'ok', isRepeat: false });
    const respelled = { solution: { time: 7, ...first.solution }, challenge };
    for (const token of [tokenOf(respelled), `${tokenOf(first)}=`, tokenOf(second)])
      expect(await verify(token)).toEqual({ kind: 'replayed' });
  });

  it('expires, by our clock, and is not written then', async () => {
    const token = tokenOf(await solved(await captcha.challenge(scope, nowMs)));
    nowMs += 300_001;
    expect(await verify(token)).toEqual({ kind: 'expired' });
    nowMs += 24 * hour;
    expect(await verify(token)).toEqual({ kind: 'expired' });
    expect(write).not.toHaveBeenCalled();
  });

  it('that was used stays used when the clock goes a day on, claims are swept, and it goes back', async () => {
    const token = tokenOf(await solved(await captcha.challenge(scope, nowMs)));
    expect(await verify(token)).toEqual({ kind: 'ok', isRepeat: false });
    nowMs += 24 * hour;
    await claims.sweep();
    nowMs -= 24 * hour;
    expect(await verify(token)).toEqual({ kind: 'replayed' });
    nowMs -= hour;
    expect(await verify(token)).toEqual({ kind: 'replayed' });
    nowMs += 48 * hour;
    expect(await claims.sweep()).toMatchObject({ removed: 1 });
  });

  describe('that was changed', () => {
    const forge = async (change: (parameters: Challenge['parameters']) => Challenge['parameters']) => {
      const challenge = await captcha.challenge('login:admin', nowMs);
      const forged = { ...challenge, parameters: change(challenge.parameters) };
      return tokenOf(await solved(forged));
    };

    it.each<[string, (parameters: Challenge['parameters']) => Challenge['parameters']]>([
      ['to expire later', (p) => ({ ...p, data: { ...p.data, expiresAtMs: nowMs + 24 * hour } })],
      ['to our scope', (p) => ({ ...p, data: { ...p.data, scope } })],
      ['to less work', (p) => ({ ...p, keyPrefix: 'f' })],
      ['to another nonce', (p) => ({ ...p, nonce: `${p.nonce}00` })],
      ['by one more parameter', (p) => ({ ...p, more: 1 }) as Challenge['parameters']],
    ])('%s is not ours', async (_name, change) => {
      expect(await verify(await forge(change))).toEqual({ kind: 'invalid', reason: 'signature' });
      expect(write).not.toHaveBeenCalled();
    });

    it('in its solution has done no work', async () => {
      const { challenge, solution } = await solved(await captcha.challenge(scope, nowMs));
      for (const wrong of [
        { ...solution, counter: solution.counter + 1 },
        { ...solution, derivedKey: '00'.repeat(32) },
        { ...solution, derivedKey: '' },
        { ...solution, counter: -1 },
      ])
        expect(await verify(tokenOf({ challenge, solution: wrong }))).toEqual({
          kind: 'invalid',
          reason: 'work',
        });
      expect(write).not.toHaveBeenCalled();
    });

    it('to that of another secret is not ours', async () => {
      const foreign = altchaCaptcha({ ...easy, secret: 'another secret of theirs' });
      const token = tokenOf(await solved(await foreign.challenge(scope, nowMs)));
      expect(await verify(token)).toEqual({ kind: 'invalid', reason: 'signature' });
    });

    it.each([
      'x',
      '{}',
      'bnVsbA==',
      btoa('[]'),
      btoa('{"challenge":{"parameters":{}},"solution":{}}'),
      btoa('{"__proto__":{"challenge":1}}'),
    ])('beyond recognition, %j, is malformed', async (token) => {
      expect(await verify(token)).toEqual({ kind: 'invalid', reason: 'malformed' });
    });
  });

  it.each([
    { secret: '' },
    { secret: 'fifteen letters' },
    { challengeMs: 0 },
    { challengeMs: Number.NaN },
    { challengeMs: 3_600_001 },
    { cost: 0 },
    { keyPrefix: '' },
    { keyPrefix: '0000000' },
    { keyPrefix: 'g' },
  ])('is not made with %j', (given) => {
    expect(() => altchaCaptcha({ secret, ...given })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('shows its secret in no print of it', () => {
    expect(inspect(captcha, { depth: 9, showHidden: true })).not.toContain(secret);
  });
});

async function solutionOf(challenge: Challenge, counterStart: number): Promise<Solution> {
  const solution = await solveChallenge({ challenge, deriveKey, counterStart });
  if (solution === null) throw new Error('it was not solved');
  return solution;
}

function tokenOf(payload: { readonly challenge: Challenge; readonly solution: object }): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64');
}
