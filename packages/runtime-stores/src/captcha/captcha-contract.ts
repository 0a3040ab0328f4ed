/**
 * What every store of claims has to do, alone and under a verifier, as a suite to be called with a subject. The providers
 * are doubles here: their own tests ask the real ones.
 */
import { hash as digest, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptchaClaim, CaptchaClaims } from './captcha-claims.ts';
import type { CaptchaRefusal } from './captcha-outcome.ts';
import type { LocalCaptcha, RemoteCaptcha } from './captcha-provider.ts';
import { type CaptchaRequest, CaptchaVerifier } from './captcha-verifier.ts';

/** One store that several have a way to. */
export interface CaptchaPlace extends AsyncDisposable {
  /** As another process would open it. */
  open(): CaptchaClaims;
}

const minute = 60_000;
const replays = 20;
const hash = 'ab'.repeat(32);

/** @param make - a store without claims */
export function describeCaptchaClaims(name: string, make: () => Promise<CaptchaPlace>): void {
  describe(`CAPTCHAs in ${name}`, () => {
    let place: CaptchaPlace;
    beforeEach(async () => {
      place = await make();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    const claimOf = (given: Partial<CaptchaClaim> = {}): CaptchaClaim => ({
      hash,
      scope: 'login:web',
      attemptId: randomUUID(),
      state: 'checking',
      ...given,
    });

    describe('a claim', () => {
      it('is found by the hash alone, in whatever scope it is sought', async () => {
        const first = claimOf();
        expect(await place.open().claim(first, minute)).toEqual({ kind: 'claimed' });
        for (const other of [claimOf(), claimOf({ scope: 'login:admin' }), first])
          expect(await place.open().claim(other, minute)).toEqual({ kind: 'taken', by: first });
        expect(await place.open().claim(claimOf({ hash: 'cd'.repeat(32) }), minute)).toEqual({
          kind: 'claimed',
        });
      });

      it('that twenty want at once is one’s', async () => {
        const answers = await Promise.all(
          Array.from({ length: replays }, () => place.open().claim(claimOf({ state: 'ok' }), minute)),
        );
        expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      });

      it('is confirmed by its own attempt in its own scope, again and again', async () => {
        const claim = claimOf();
        await place.open().claim(claim, minute);
        expect(await place.open().confirm({ ...claim, attemptId: randomUUID() }, minute)).toBe(false);
        expect(await place.open().confirm({ ...claim, scope: 'login:admin' }, minute)).toBe(false);
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'taken', by: claim });
        expect(await place.open().confirm(claim, minute)).toBe(true);
        expect(await place.open().confirm(claim, minute)).toBe(true);
        expect(await place.open().claim(claim, minute)).toEqual({
          kind: 'taken',
          by: { ...claim, state: 'ok' },
        });
      });

      it('that is not there is not confirmed', async () => {
        expect(await place.open().confirm(claimOf(), minute)).toBe(false);
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'claimed' });
      });

      it('is withdrawn by its own attempt while it is not used', async () => {
        const claim = claimOf();
        await place.open().claim(claim, minute);
        await place.open().withdraw({ hash, attemptId: randomUUID() });
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'taken', by: claim });
        await place.open().withdraw(claim);
        const used = claimOf({ state: 'ok' });
        expect(await place.open().claim(used, minute)).toEqual({ kind: 'claimed' });
        await place.open().withdraw(used);
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'taken', by: used });
      });

      it('outlives any number of others, and a sweep before its time', async () => {
        const claim = claimOf({ state: 'ok' });
        await place.open().claim(claim, minute);
        for (let other = 0; other < 12; other += 1)
          await place.open().claim(claimOf({ hash: other.toString(16).padStart(64, '0') }), minute);
        expect(await place.open().sweep()).toMatchObject({ removed: 0 });
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'taken', by: claim });
      });

      it('is gone after its time', async () => {
        await place.open().claim(claimOf(), 1);
        const startedMs = Date.now();
        while (Date.now() - startedMs < 5) await place.open().withdraw(claimOf());
        await place.open().sweep();
        expect(await place.open().claim(claimOf(), minute)).toEqual({ kind: 'claimed' });
      });
    });

    describe('that we check ourselves', () => {
      const verify = (request: Partial<CaptchaRequest> = {}, provider = localDouble()) =>
        new CaptchaVerifier({ provider, claims: place.open() }).verify(requestOf(request));

      it('let one of twenty through that come at once', async () => {
        const outcomes = await Promise.all(Array.from({ length: replays }, () => verify()));
        expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(replays - 1);
      });

      it('pass in one scope only, although the provider takes them in both', async () => {
        expect(await verify({ scope: 'login:web' })).toEqual({ kind: 'ok', isRepeat: false });
        expect(await verify({ scope: 'login:admin' })).toEqual({ kind: 'replayed' });
      });

      it('let the same attempt through again, in the same scope', async () => {
        const attemptId = randomUUID();
        expect(await verify({ attemptId })).toEqual({ kind: 'ok', isRepeat: false });
        expect(await verify({ attemptId })).toEqual({ kind: 'ok', isRepeat: true });
        expect(await verify({ attemptId, scope: 'login:admin' })).toEqual({ kind: 'replayed' });
      });

      it('leave no claim when they are refused', async () => {
        const refusal = { kind: 'invalid', reason: 'work' } as const;
        expect(await verify({}, localDouble(refusal))).toEqual(refusal);
        expect(await verify()).toEqual({ kind: 'ok', isRepeat: false });
      });
    });

    describe('that a service checks', () => {
      const verify = (provider: RemoteCaptcha, request: Partial<CaptchaRequest> = {}) =>
        new CaptchaVerifier({ provider, claims: place.open() }).verify(requestOf(request));

      it('let one of twenty through, and the service is asked once', async () => {
        const service = remoteDouble();
        const outcomes = await Promise.all(Array.from({ length: replays }, () => verify(service.provider)));
        expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(replays - 1);
        expect(service.keys).toHaveLength(1);
      });

      it('let the same attempt through again without asking, and no other scope', async () => {
        const attemptId = randomUUID();
        const service = remoteDouble();
        expect(await verify(service.provider, { attemptId })).toEqual({ kind: 'ok', isRepeat: false });
        expect(await verify(service.provider, { attemptId })).toEqual({ kind: 'ok', isRepeat: true });
        expect(await verify(service.provider, { attemptId, scope: 'a' })).toEqual({ kind: 'replayed' });
        expect(service.keys).toHaveLength(1);
      });

      it('are nobody else’s while the service is asked, and the same attempt waits for no answer', async () => {
        const attemptId = randomUUID();
        const inner = remoteDouble();
        const service = remoteDouble(async () => {
          expect(await verify(inner.provider)).toEqual({ kind: 'replayed' });
          expect(await verify(inner.provider, { attemptId })).toEqual({ kind: 'replayed' });
          return { kind: 'valid' };
        });
        expect(await verify(service.provider, { attemptId })).toEqual({ kind: 'ok', isRepeat: false });
        expect(inner.keys).toEqual([]);
      });

      it('are not used up by a service that is away, and pass when it is back', async () => {
        const away = { kind: 'unavailable', reason: 'timeout' } as const;
        expect(await verify(remoteDouble(async () => away).provider)).toEqual(away);
        expect(await verify(remoteDouble().provider)).toEqual({ kind: 'ok', isRepeat: false });
      });

      it('stay claimed when the service has refused them', async () => {
        const refused = { kind: 'invalid', reason: 'hostname' } as const;
        expect(await verify(remoteDouble(async () => refused).provider)).toEqual(refused);
        expect(await verify(remoteDouble().provider)).toEqual({ kind: 'replayed' });
      });

      it('let nobody through whose claim is gone when the service answers', async () => {
        const attemptId = randomUUID();
        const service = remoteDouble(async ({ tokenHash }) => {
          await place.open().withdraw({ hash: tokenHash, attemptId });
          await place.open().claim(claimOf({ hash: tokenHash }), minute);
          return { kind: 'valid' };
        });
        expect(await verify(service.provider, { attemptId })).toEqual({
          kind: 'unavailable',
          reason: 'claim-lost',
        });
      });

      it('are asked about with one key an attempt', async () => {
        const attemptId = randomUUID();
        const service = remoteDouble(async () => ({ kind: 'unavailable', reason: 'network' }));
        await verify(service.provider, { attemptId });
        await verify(service.provider, { attemptId });
        await verify(service.provider);
        const [first, second, other] = service.keys;
        expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(second).toBe(first);
        expect(other).not.toBe(first);
      });
    });

    it('of a request that cannot be are refused before anything is asked or written', async () => {
      const service = remoteDouble();
      const verifier = new CaptchaVerifier({ provider: service.provider, claims: place.open() });
      for (const request of [
        { attemptId: 'first' },
        { scope: '' },
        { scope: 'a b' },
        { scope: 'x'.repeat(129) },
      ])
        expect(await verifier.verify(requestOf(request))).toEqual({ kind: 'invalid', reason: 'request' });
      for (const token of ['', 'a b', 'ä', 'x'.repeat(101), 'x\n'])
        expect(await verifier.verify(requestOf({ token }))).toEqual({ kind: 'invalid', reason: 'malformed' });
      expect(service.keys).toEqual([]);
    });
  });
}

function requestOf(request: Partial<CaptchaRequest>): CaptchaRequest {
  return { token: 'solved', scope: 'login:web', attemptId: randomUUID(), ...request };
}

/** Takes every token in every scope, unless it is told to refuse. */
function localDouble(refusal?: CaptchaRefusal): LocalCaptcha {
  return {
    kind: 'local',
    name: 'double',
    longestToken: 100,
    check: async ({ nowMs }) => refusal ?? { kind: 'valid', hash, expiresAtMs: nowMs + minute },
  };
}

interface AskedOf {
  readonly tokenHash: string;
}

/** Says yes, unless it is told otherwise; keeps the keys that it was asked with. */
function remoteDouble(
  answer: (asked: AskedOf) => Promise<{ readonly kind: 'valid' } | CaptchaRefusal> = async () => ({
    kind: 'valid',
  }),
): { readonly provider: RemoteCaptcha; readonly keys: string[] } {
  const keys: string[] = [];
  const provider: RemoteCaptcha = {
    kind: 'remote',
    name: 'double',
    tokenMs: minute,
    longestToken: 100,
    ask: async ({ token }, key) => {
      keys.push(key);
      return await answer({ tokenHash: digest('sha256', token) });
    },
  };
  return { provider, keys };
}
