/**
 * What every store of families has to do for a rotation on it, as a suite to be called with a subject. Time passes by
 * making a family older, so that it passes for stores whose clock is a server's too.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RefreshOutcome, refreshAnswer } from './refresh-outcome.ts';
import type { TokenFamilies } from './token-families.ts';
import { TokenRotation, type TokenRotationOptions } from './token-rotation.ts';

/** One store that several have a way to. */
export interface TokenPlace extends AsyncDisposable {
  /** As another process would open it. */
  open(profile: string): TokenFamilies;
}

const second = 1_000;
const hour = 3_600_000;
const simultaneous = 16;

/** @param make - a store without families */
export function describeTokenFamilies(name: string, make: () => Promise<TokenPlace>): void {
  describe(`refresh tokens in ${name}`, () => {
    let place: TokenPlace;
    beforeEach(async () => {
      place = await make();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    const rotationOf = (options: Partial<TokenRotationOptions> = {}, profile = 'web') =>
      new TokenRotation({ families: place.open(profile), ...options });

    /** Of the family, by as much; less than nothing sets the clock back. */
    const pass = (familyId: string, ms: number) =>
      place.open('web').change(familyId, (family) => ({
        result: undefined,
        family: family && {
          ...family,
          rotatedAtMs: family.rotatedAtMs - ms,
          idleExpiresAtMs: family.idleExpiresAtMs - ms,
        },
      }));

    /** A family whose newest token is its second. */
    const rotatedOnce = async (rotation = rotationOf()) => {
      const { token, session } = await rotation.issue({ userId: 'ana' });
      return { first: token, next: tokenOf(await rotation.refresh(token)), familyId: session.familyId };
    };

    it('are followed by one successor each', async () => {
      const { first, next } = await rotatedOnce();
      const third = tokenOf(await rotationOf().refresh(next));
      expect([first, next, third].map((token) => token.split('.')[2])).toEqual(['1', '2', '3']);
      expect(await rotationOf().refresh(third)).toMatchObject({
        kind: 'rotated',
        session: { userId: 'ana', profile: 'web', deviceId: null, generation: 4 },
      });
    });

    it('used by sixteen at once are rotated once, and all get the same successor', async () => {
      const { token } = await rotationOf().issue({ userId: 'ana' });
      const users = Array.from({ length: simultaneous }, () => rotationOf());
      const outcomes = await Promise.all(users.map((rotation) => rotation.refresh(token)));
      expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'repeated')).toHaveLength(simultaneous - 1);
      expect(new Set(outcomes.map(tokenOf)).size).toBe(1);
    });

    it('are answered with the same successor within the grace, which using it does not prolong', async () => {
      const { first, next, familyId } = await rotatedOnce();
      await pass(familyId, 9 * second);
      expect(await rotationOf().refresh(first)).toMatchObject({ kind: 'repeated', token: next });
      await pass(familyId, 2 * second);
      expect(await rotationOf().refresh(first)).toMatchObject({ kind: 'refused', reason: 'reused' });
    });

    it('that come again after the grace have revoked their family when that is answered', async () => {
      const { first, next, familyId } = await rotatedOnce();
      await pass(familyId, 11 * second);
      const outcome = await rotationOf().refresh(first);
      expect(await place.open('web').read(familyId)).toMatchObject({ revokedReason: 'reuse' });
      expect(outcome).toMatchObject({ kind: 'refused', reason: 'reused', familyId, userId: 'ana' });
      expect(refreshAnswer(outcome)).toEqual({
        status: 401,
        code: 'refresh_superseded',
        clearsCookies: false,
      });
      const newest = await rotationOf().refresh(next);
      expect(newest).toMatchObject({ reason: 'revoked', revokedReason: 'reuse' });
      expect(refreshAnswer(newest).code).toBe('invalid_grant');
    });

    it('older than the one before the newest are reused, also within the grace', async () => {
      const { first, next } = await rotatedOnce();
      await rotationOf().refresh(next);
      expect(await rotationOf().refresh(first)).toMatchObject({ reason: 'reused', isLikelyLost: false });
    });

    it('outlive a clock that goes back an hour', async () => {
      const { first, next, familyId } = await rotatedOnce();
      await pass(familyId, -hour);
      expect(await rotationOf().refresh(first)).toMatchObject({ kind: 'repeated', token: next });
      const third = tokenOf(await rotationOf().refresh(next));
      expect(await rotationOf().refresh(next)).toMatchObject({ kind: 'repeated', token: third });
    });

    it('outlive a clock that goes on by a day, in which the grace of the one before has ended', async () => {
      const { first, next, familyId } = await rotatedOnce();
      await pass(familyId, 24 * hour);
      expect(await rotationOf().refresh(next)).toMatchObject({ kind: 'rotated' });
      expect(await rotationOf().refresh(first)).toMatchObject({ reason: 'reused' });
    });

    it('end when nobody has used them for the idle time, without being called reused', async () => {
      const rotation = rotationOf({ policy: { idleMs: hour } });
      const { first, next, familyId } = await rotatedOnce(rotation);
      await pass(familyId, hour + second);
      expect(await rotation.refresh(first)).toMatchObject({ reason: 'expired', isSuperseded: true });
      expect(await rotation.refresh(next)).toMatchObject({ reason: 'expired', isSuperseded: false });
      expect(await place.open('web').read(familyId)).toMatchObject({ revokedAtMs: null });
    });

    it('are refused after a logout, which is no reuse', async () => {
      const { first, next, familyId } = await rotatedOnce();
      expect(await rotationOf().logout(first)).toEqual({ kind: 'revoked', familyId });
      expect(await rotationOf().logout(next)).toEqual({ kind: 'already-revoked', familyId });
      await pass(familyId, hour);
      expect(await rotationOf().refresh(first)).toMatchObject({ revokedReason: 'logout' });
      expect(await rotationOf().refresh(next)).toMatchObject({ reason: 'revoked', revokedReason: 'logout' });
    });

    it('give nothing any more once a logout beside them was answered', async () => {
      const { token, session } = await rotationOf().issue({ userId: 'ana' });
      const [refreshed, loggedOut] = await Promise.all([
        rotationOf().refresh(token),
        rotationOf().logout(token),
      ]);
      expect(loggedOut.kind).toBe('revoked');
      const newest = refreshed.kind === 'refused' ? token : refreshed.token;
      expect(await rotationOf().refresh(newest)).toMatchObject({ revokedReason: 'logout' });
      expect(await place.open('web').read(session.familyId)).toMatchObject({ revokedReason: 'logout' });
    });

    it('of all families of a user end with a new password, and nobody else’s', async () => {
      const web = rotationOf();
      const ended = [await web.issue({ userId: 'ana' }), await web.issue({ userId: 'ana' })];
      const kept = await web.issue({ userId: 'ben' });
      const elsewhere = await rotationOf({}, 'admin').issue({ userId: 'ana' });
      expect(await rotationOf().revokeUser('ana', 'password_change')).toBe(2);
      expect(await rotationOf().revokeUser('ana', 'admin')).toBe(0);
      for (const { token } of ended)
        expect(await web.refresh(token)).toMatchObject({ revokedReason: 'password_change' });
      expect(await web.refresh(kept.token)).toMatchObject({ kind: 'rotated' });
      expect(await rotationOf({}, 'admin').refresh(elsewhere.token)).toMatchObject({ kind: 'rotated' });
    });

    it('of all other families of a user end, and the one that is kept goes on', async () => {
      const web = rotationOf();
      const [own, other] = [await web.issue({ userId: 'ana' }), await web.issue({ userId: 'ana' })];
      const keeping = { except: own.session.familyId };
      const ended = await rotationOf().revokeFamiliesOf('ana', 'password_change', keeping);
      expect(ended).toEqual([other.session.familyId]);
      expect(await rotationOf().revokeFamiliesOf('ana', 'password_change', keeping)).toEqual([]);
      expect(await web.refresh(own.token)).toMatchObject({ kind: 'rotated' });
      expect(await web.refresh(other.token)).toMatchObject({ revokedReason: 'password_change' });
    });

    it('that are garbage, forged or of another profile revoke nothing', async () => {
      const { next, familyId } = await rotatedOnce();
      const [version, family, , mac = ''] = next.split('.');
      const forged = [
        [version, family, 1, mac],
        [version, family, 7, mac],
        [version, family, 2, mac.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
        [version, '0'.repeat(32), 2, mac],
      ].map((parts) => parts.join('.'));
      for (const token of ['', 'v1', `${next} `, `${next}.x`, next.repeat(1_000), ...forged]) {
        const outcome = await rotationOf().refresh(token);
        expect(outcome).toMatchObject({ kind: 'refused', isSuperseded: false });
        expect(refreshAnswer(outcome).code).toBe('invalid_grant');
        expect(await rotationOf().logout(token)).toEqual({ kind: 'unknown' });
      }
      const admin = rotationOf({}, 'admin');
      expect(await admin.refresh(next)).toMatchObject({ kind: 'refused', isSuperseded: false });
      expect(await admin.logout(next)).toEqual({ kind: 'unknown' });
      expect(await admin.revokeFamily(familyId, 'admin')).toEqual({ kind: 'unknown' });
      expect(await rotationOf().refresh(next)).toMatchObject({ kind: 'rotated' });
    });

    it('newer than their family, which came from a backup, are refused with an alarm and revoke nothing', async () => {
      const { first, next, familyId } = await rotatedOnce();
      await place.open('web').change(familyId, (family) => ({
        result: undefined,
        family: family && { ...family, generation: 1 },
      }));
      const alarms: object[] = [];
      const silent = () => undefined;
      const log = { debug: silent, info: silent, warn: silent, error: (facts: object) => alarms.push(facts) };
      expect(await rotationOf({ log }).refresh(next)).toMatchObject({ reason: 'ahead', isSuperseded: false });
      expect(alarms).toEqual([{ profile: 'web', familyId, userId: 'ana' }]);
      expect(await rotationOf().refresh(first)).toMatchObject({ kind: 'rotated', token: next });
    });

    it('whose answer was lost are answered again for minutes where that is allowed, to their device', async () => {
      const rotation = rotationOf({ policy: { lostResponseMs: 300 * second } });
      const { token, session } = await rotation.issue({ userId: 'ana', deviceId: 'phone' });
      const next = tokenOf(await rotation.refresh(token));
      await pass(session.familyId, 200 * second);
      const own = { deviceId: 'phone' };
      expect(await rotation.refresh(token, own)).toMatchObject({ kind: 'repeated', token: next });
      await pass(session.familyId, 101 * second);
      expect(await rotation.refresh(token, own)).toMatchObject({ reason: 'reused', isLikelyLost: true });
    });

    it('that were stolen are answered to no other device', async () => {
      const rotation = rotationOf({ policy: { lostResponseMs: 300 * second } });
      for (const thief of [undefined, '', 'phone2']) {
        const { token, session } = await rotation.issue({ userId: 'ana', deviceId: 'phone' });
        await rotation.refresh(token);
        await pass(session.familyId, 11 * second);
        expect(await rotation.refresh(token, { deviceId: thief })).toMatchObject({ reason: 'reused' });
      }
    });

    it('of names that no store could keep are not issued', async () => {
      for (const login of [
        { userId: '' },
        { userId: 'x'.repeat(256) },
        { userId: '\ud800' },
        { userId: 'ana', deviceId: '' },
      ])
        await expect(rotationOf().issue(login)).rejects.toMatchObject({ code: 'USAGE' });
      expect(() => place.open('../web')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    });

    it('are told to the observer, which hears a reuse with its family and user', async () => {
      const heard: RefreshOutcome[] = [];
      const rotation = rotationOf({ onOutcome: (outcome) => heard.push(outcome) });
      const { first, familyId } = await rotatedOnce(rotation);
      await pass(familyId, 11 * second);
      await rotation.refresh(first);
      expect(heard.map(({ kind }) => kind)).toEqual(['rotated', 'refused']);
      expect(heard[1]).toMatchObject({ reason: 'reused', familyId, userId: 'ana' });
    });
  });
}

function tokenOf(outcome: RefreshOutcome): string {
  if (outcome.kind === 'refused') throw new Error(`it was refused: ${outcome.reason}`);
  return outcome.token;
}
