/**
 * SimUse = 1 in the storm: one user on 200 devices at the same instant, half of them at a FreeRADIUS whose mapper is one
 * process, half at another one's, on one MariaDB. And the same storm at FreeRADIUS' own Simultaneous-Use, which shows that it
 * is one: there nearly all of them get in.
 */
import { describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { nasSecret } from '../support/freeradius-server.ts';
import { loginStorm } from '../support/login-storm.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { isMissing } from '../support/needs.ts';
import { radiusWorld, userPassword } from '../support/radius-world.ts';
import { startSimultaneousUse } from '../support/simultaneous-use.ts';

const devices = 200;
const rounds = counts.doubleLogins;
/** A guard against a hang only. */
const timeout = 60_000 + rounds * 5_000;

describe.skipIf(isMissing('mariadb', 'freeradius'))(
  'a user who logs in on 200 devices at once',
  { timeout },
  () => {
    it.each([
      { way: 'the mapper checks the password', pap: 'mapper' },
      { way: 'FreeRADIUS checks the password', pap: 'freeradius' },
    ])('gets in on exactly one of them where $way, through two mappers', async ({ pap }) => {
      await using world = await radiusWorld({ sites: 2, users: rounds, radius: { options: { pap } } });
      const servers = world.sites.map(({ radius }) => radius);
      for (let round = 0; round < rounds; round += 1) {
        const user = `user${round}`;
        const answers = await loginStorm({ servers, user, password: userPassword, devices, round });
        expect({ round, accepts: answers.accepts.length }).toEqual({ round, accepts: 1 });
        expect(answers.unanswered).toBe(0);
        expect(answers.rejects.filter(({ isSigned }) => !isSigned)).toEqual([]);
        // Whoever was let in is the one whom the database knows.
        const [accepted] = answers.accepts;
        const { holder_token: holder } = await world.truth.db
          .selectFrom('active_session_locks')
          .select('holder_token')
          .where('vpn_connection_id', '=', round + 1)
          .where('state', '=', 'held')
          .executeTakeFirstOrThrow();
        expect(Buffer.from(String(accepted?.values.Class?.[0]), 'hex').toString()).toBe(holder);
      }
      // Both have taken part: what one of them alone keeps apart proves nothing about two.
      const refused = world.sites.map(({ mapper }) =>
        mapper.metric('holdfast_radius_rejects_total{reason="busy"}'),
      );
      expect((await Promise.all(refused)).filter((count = 0) => count > rounds)).toHaveLength(2);
    });

    it('gets in on many of them where Simultaneous-Use is to prevent it', async () => {
      await using server = await startMariadbServer({ args: ['--max-connections=200'] });
      const peer = { server, secret: nasSecret, password: userPassword, users: rounds, closedSessions: 0 };
      await using simultaneousUse = await startSimultaneousUse(peer);
      const accepts: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const storm = {
          servers: [simultaneousUse],
          user: `user${round}`,
          password: userPassword,
          devices,
          round,
        };
        accepts.push((await loginStorm({ ...storm, isStarted: true })).accepts.length);
      }
      console.info(
        `Simultaneous-Use, ${devices} devices at once, each accept followed by its Start:`,
        accepts,
      );
      expect(Math.max(...accepts)).toBeGreaterThan(1);
    });
  },
);
