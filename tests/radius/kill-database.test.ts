/** A database server that is killed under a load, and one that is away: nobody gets in without it, and what it said stands. */
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
const timeout = 120_000 + kills * 20_000;

describe.skipIf(isMissing('mariadb', 'freeradius'))(
  'a database server that is killed under a load',
  { timeout },
  () => {
    it('lets nobody in while it is away, nobody twice, and forgets nobody', async () => {
      await using world = await radiusWorld({ sites: 2, users, mapper: eagerJanitor });
      const { truth, sites, server } = world;
      const servers = sites.map(({ radius }) => radius);
      const load = startLoginLoad({ servers, password: userPassword, width: 12, devices: 4, users });
      const outages: { readonly fromMs: number; readonly untilMs: number }[] = [];
      for (let kill = 0; kill < kills; kill += 1) {
        const before = accepted(load.logins).length;
        while (accepted(load.logins).length < before + 25) await delay(5);
        await server.kill();
        const fromMs = performance.now();
        const refused = load.logins.length;
        // Several that were asked while it was away have their answers.
        while (load.logins.length < refused + 60) await delay(5);
        const untilMs = performance.now();
        await server.start();
        outages.push({ fromMs, untilMs });
      }
      const before = accepted(load.logins).length;
      while (accepted(load.logins).length < before + 25) await delay(5);
      await load.end();

      await expectOneHolder(truth, load.logins);
      const away = load.logins.filter(({ askedMs, answeredMs }) =>
        outages.some(({ fromMs, untilMs }) => askedMs > fromMs && answeredMs < untilMs),
      );
      expect(away.length).toBeGreaterThan(kills);
      expect(accepted(away)).toEqual([]);
      await pendingRunOut(truth);
    });
  },
);
