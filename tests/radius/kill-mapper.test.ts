/**
 * Mappers that are killed under a load, one of two at a time. What one of them had taken when it died belongs to nobody who
 * was let in, so it has to end by itself; what was answered has to stand.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startLoginLoad } from '../support/login-load.ts';
import { isMissing } from '../support/needs.ts';
import { radiusWorld, userPassword } from '../support/radius-world.ts';
import { accepted, eagerJanitor, expectOneHolder, pendingRunOut } from './kill-login.ts';

const kills = counts.loginKills;
/** More than can log in meanwhile. */
const users = 3_000 + kills * 1_000;
/** A guard against a hang only. */
const timeout = 120_000 + kills * 10_000;

describe.skipIf(isMissing('mariadb', 'freeradius'))(
  'a mapper that is killed under a load',
  { timeout },
  () => {
    it('lets nobody in twice, and leaves no lock that does not run out', async () => {
      await using world = await radiusWorld({ sites: 2, users, mapper: eagerJanitor });
      const { truth, sites } = world;
      const servers = sites.map(({ radius }) => radius);
      const load = startLoginLoad({ servers, password: userPassword, width: 12, devices: 4, users });
      for (let kill = 0; kill < kills; kill += 1) {
        const before = accepted(load.logins).length;
        while (accepted(load.logins).length < before + 25) await delay(5);
        await sites[kill % sites.length]?.restartMapper();
      }
      const before = accepted(load.logins).length;
      while (accepted(load.logins).length < before + 25) await delay(5);
      await load.end();

      await expectOneHolder(truth, load.logins);
      // It was in the middle of something: logins ended without an answer of the mapper, and not for being the second.
      const cutOff = load.logins.filter(({ answer }) => isCutOff(answer?.values['Reply-Message']?.[0]));
      expect(cutOff.length).toBeGreaterThan(0);
      await pendingRunOut(truth);
    });
  },
);

/** The words of FreeRADIUS' own policy, where the mapper has said nothing. */
function isCutOff(message: unknown): boolean {
  return String(message).startsWith('Service temporarily unavailable');
}
