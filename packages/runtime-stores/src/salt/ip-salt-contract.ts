/** What every store of a salt has to do, as a suite to be called with a subject. */
import { systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IpSalt } from './ip-salt.ts';
import { newSaltSecret, saltLabel } from './salt-secret.ts';
import { rotated, type SaltState } from './salt-state.ts';
import type { SaltStore } from './salt-store.ts';

/** One salt that several have a way to. */
export interface SaltPlace extends AsyncDisposable {
  /** A store as another process would open it. */
  open(): SaltStore;
  /** Spoils what is stored. */
  readonly damage: () => void | Promise<void>;
}

const schedule = { rotateEveryMs: 1_000_000, overlapMs: 100_000 };

/**
 * @param make - a place without a salt
 * @param facts.isDamageable - false for what only this process can write
 */
export function describeSaltStore(
  name: string,
  make: () => Promise<SaltPlace>,
  { isDamageable = true }: { readonly isDamageable?: boolean } = {},
): void {
  describe(`a salt in ${name}`, () => {
    let place: SaltPlace;
    beforeEach(async () => {
      place = await make();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    const replace = (store: SaltStore, secret: string) =>
      store.change((state, nowMs) => rotated(state, secret, schedule, nowMs));

    it('is absent at first, and what leaves it so stores nothing', async () => {
      const store = place.open();
      expect(await store.read()).toBeUndefined();
      expect(await store.change(() => undefined)).toBeUndefined();
      expect(await place.open().read()).toBeUndefined();
    });

    it('is for everybody what a change has made of it', async () => {
      const [first, second] = [newSaltSecret(), newSaltSecret()];
      const stored = await replace(place.open(), first);
      expect(stored?.current.secret).toBe(first);
      await replace(place.open(), second);
      const found = await place.open().read();
      expect(found).toMatchObject({ current: { secret: second }, previous: { secret: first } });
      expect(found?.previous?.validUntilMs).toBe((found?.current.bornMs ?? 0) + schedule.overlapMs);
    });

    it('is told the time of its store', async () => {
      const times: number[] = [];
      await place.open().change((_state, nowMs) => {
        times.push(nowMs);
        return undefined;
      });
      expect(Math.abs(Date.now() - (times[0] ?? 0))).toBeLessThan(60_000);
    });

    it('is left alone by a change that throws', async () => {
      const secret = newSaltSecret();
      await replace(place.open(), secret);
      const failure = new Error('no');
      const failing = place.open().change(() => {
        throw failure;
      });
      await expect(failing).rejects.toBe(failure);
      expect((await place.open().read())?.current.secret).toBe(secret);
    });

    it('loses no change of those that come at once', async () => {
      const secrets = Array.from({ length: 8 }, newSaltSecret);
      const seen: (string | undefined)[] = [];
      await Promise.all(
        secrets.map(async (secret) => {
          const stored = await replace(place.open(), secret);
          seen.push(stored?.previous?.secret);
        }),
      );
      // A chain: each has replaced another one, and one was the first.
      expect(new Set(seen).size).toBe(secrets.length);
      const last = (await place.open().read())?.current.secret;
      expect(secrets.filter((secret) => !seen.includes(secret))).toEqual([last]);
    });

    it('is made once by all who need one at once', async () => {
      const salts = Array.from({ length: 8 }, () => new IpSalt({ store: place.open(), schedule }));
      const keys = await Promise.all(salts.map((salt) => salt.hash('192.0.2.7')));
      expect(new Set(keys.map(({ current }) => current)).size).toBe(1);
      expect(keys[0]).toEqual({ current: expect.stringMatching(/^[0-9a-f]{64}$/) });
    });

    it('rotates once for all who find it due at once', async () => {
      const before = newSaltSecret();
      await place.open().change((_state, nowMs) => ({
        current: { secret: before, bornMs: nowMs - schedule.rotateEveryMs },
      }));
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => new IpSalt({ store: place.open(), schedule }).rotateIfDue()),
      );
      expect(outcomes.toSorted().at(-1)).toBe('rotated');
      const state = await place.open().read();
      expect(state?.previous?.secret).toBe(before);
      expect(saltLabel(state?.current.secret ?? '')).not.toBe(saltLabel(before));
    });

    it('gives keys under the one before while the two overlap, and not after', async () => {
      const own = { wallMs: () => Date.now() };
      const clock = { ...systemClock, wallMs: () => own.wallMs() };
      const salt = new IpSalt({ store: place.open(), schedule, rememberMs: 0, clock });
      const { current: first } = await salt.hash('a');
      await replace(place.open(), newSaltSecret());
      expect(await salt.hash('a')).toMatchObject({ previous: first });
      own.wallMs = () => Date.now() + schedule.overlapMs + 1_000;
      expect(await salt.hash('a')).not.toHaveProperty('previous');
    });

    if (!isDamageable) return;

    it('that is damaged is an error and never another salt', async () => {
      await replace(place.open(), newSaltSecret());
      await place.damage();
      let asked = 0;
      const change = (state: SaltState | undefined) => {
        asked += 1;
        return state;
      };
      await expect(place.open().read()).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      await expect(place.open().change(change)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      await expect(new IpSalt({ store: place.open(), schedule }).current()).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
      });
      expect(asked).toBe(0);
    });
  });
}
