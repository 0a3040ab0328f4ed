/** Logins that meet: in two processes on one database, both engines. What is promised holds whoever comes first. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginBrowser } from '../../apps/panel/src/testing/login-browser.ts';
import {
  ana,
  type LoginWorld,
  loginWorld,
  password,
  wideLimits,
} from '../../apps/panel/src/testing/login-world.ts';
import {
  describeOnMariadb,
  type MakeDatabase,
  sqliteFile,
  type TestDatabase,
} from '../../packages/mutations/src/testing/engines.ts';
import { defaultLoginLimits } from '../../packages/runtime-stores/src/index.ts';
import { migrate } from '../../packages/truth-db/src/index.ts';
import { counts } from '../support/counts.ts';

describe('logins of a panel of two processes', () => {
  // One writer at a time: what meets there meets at the same lock.
  describe('on a file of SQLite', () => racesHold(sqliteFile, Math.ceil(counts.loginRaces / 2)));
  describeOnMariadb((make) => racesHold(make, counts.loginRaces));
});

function racesHold(make: MakeDatabase, times: number): void {
  let database: TestDatabase;
  let world: LoginWorld;
  let other: LoginWorld;
  const rounds = Array.from({ length: times }, (_, round) => round);

  beforeEach(async () => {
    database = await make();
    const truth = database.open();
    if (database.isUsed) await emptyTables(truth);
    else await migrate(truth);
    world = await loginWorld({ truth, limits: wideLimits });
    other = world.another({ truth: database.open() });
  });
  afterEach(() => database?.[Symbol.asyncDispose]());

  it('sixteen refreshes of one token are one rotation, and one token for all', async () => {
    for (const _ of rounds) {
      const browser = await loggedIn();
      const tabs = Array.from({ length: 16 }, (_unused, tab) =>
        withToken(tab % 2 === 0 ? world : other, browser.refreshToken),
      );
      const answers = await Promise.all(tabs.map((tab) => tab.refresh()));
      expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
      expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(1);
      expect(await familyOf(browser)).toMatchObject({ generation: 2, revoked_at: null });
    }
  });

  it('a stolen token that is presented late has ended the family when it is answered', async () => {
    const browser = await loggedIn();
    const thieves = Array.from({ length: 4 }, () => withToken(other, browser.refreshToken));
    await browser.refresh();
    world.pass(11_000);
    const seen = await Promise.all(
      thieves.map(async (thief) => {
        const { status } = await thief.refresh();
        return { status, family: await familyOf(browser) };
      }),
    );
    for (const { status, family } of seen) {
      expect(status).toBe(401);
      expect(family).toMatchObject({ revoked_reason: 'reuse' });
    }
    expect((await browser.refresh()).status).toBe(401);
  });

  it('a refresh beside a logout gives nothing that counts afterwards', async () => {
    for (const round of rounds) {
      const browser = await loggedIn();
      const rival = withToken(other, browser.refreshToken);
      const both = [() => rival.refresh(), () => browser.logout()];
      await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((act) => act()));
      world.pass(5_001);
      expect(await rival.me()).toBe(401);
      expect((await rival.refresh()).status).toBe(401);
    }
  });

  it('a new password ends every login with the old one, also those that are under way', async () => {
    let current = password;
    for (const round of rounds) {
      const browser = await loggedIn(current);
      const next = `the password of round ${round}`;
      const late = Array.from({ length: 4 }, () => other.browser());
      const old = current;
      const [changed] = await Promise.all([
        browser.asMe('POST', '/v1/auth/password', { body: { current: old, next } }),
        ...late.map((rival) => rival.login(ana, old)),
      ]);
      expect(changed.status).toBe(204);
      world.pass(5_001);
      for (const rival of late) expect(await rival.me()).toBe(401);
      expect(await liveFamilies()).toEqual([browser.refreshToken?.split('.')[1]]);
      current = next;
    }
  });

  it('a customer who is suspended while they log in and refresh is out', async () => {
    for (const _ of rounds) {
      const browser = await loggedIn();
      const late = Array.from({ length: 4 }, () => other.browser());
      const { db } = world.truth;
      await Promise.all([
        db
          .updateTable('customers')
          .set({ status: 'suspended' })
          .execute()
          .then(() => world.endLogins(1, 'admin')),
        browser.refresh(),
        ...late.map((rival) => rival.login(ana, password)),
      ]);
      world.pass(5_001);
      for (const rival of [browser, ...late]) expect(await rival.me()).toBe(401);
      for (const rival of [browser, ...late]) expect((await rival.refresh()).status).toBe(401);
      expect(await liveFamilies()).toEqual([]);
      await db.updateTable('customers').set({ status: 'active' }).execute();
    }
  });

  it('one CAPTCHA lets one attempt through, and one guess is looked at of all that come at once', async () => {
    const [strict, rival] = [
      world.another({ limits: defaultLoginLimits }),
      other.another({ limits: defaultLoginLimits }),
    ];
    for (let host = 1; host <= 15; host += 1) await strict.browser(`198.51.100.${host}`).login(ana, 'guess');
    const captcha = await strict.solvedCaptcha();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, host) =>
        (host % 2 === 0 ? strict : rival).browser(`203.0.113.${host + 1}`).login(ana, password, { captcha }),
      ),
    );
    const codes = answers.map(({ body }) => body.code ?? 'granted').toSorted();
    expect(codes).toEqual([...Array(9).fill('captcha_invalid'), 'granted']);
  });

  it('guesses from one place that come at once are five, whichever process they meet', async () => {
    const [strict, rival] = [
      world.another({ limits: defaultLoginLimits }),
      other.another({ limits: defaultLoginLimits }),
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, guess) =>
        (guess % 2 === 0 ? strict : rival).browser().login(ana, `guess ${guess}`),
      ),
    );
    const codes = Map.groupBy(answers, ({ body }) => body.code);
    expect([codes.get('login_failed')?.length, codes.get('quota_exceeded')?.length]).toEqual([5, 15]);
  });

  async function loggedIn(typed = password): Promise<LoginBrowser> {
    const browser = world.browser();
    expect((await browser.login(ana, typed)).status).toBe(200);
    return browser;
  }

  function withToken(process: LoginWorld, token = ''): LoginBrowser {
    const browser = process.browser();
    browser.cookies.set('holdfast-refresh', token);
    return browser;
  }

  async function familyOf({ refreshToken = '' }: LoginBrowser) {
    return await world.truth.db
      .selectFrom('token_families')
      .selectAll()
      .where('family_id', '=', refreshToken.split('.')[1] ?? '')
      .executeTakeFirstOrThrow();
  }

  async function liveFamilies(): Promise<readonly string[]> {
    const rows = await world.truth.db
      .selectFrom('token_families')
      .select('family_id')
      .where('revoked_at', 'is', null)
      .execute();
    return rows.map((row) => row.family_id);
  }
}

async function emptyTables({ db }: LoginWorld['truth']): Promise<void> {
  const tables = [
    'panel_devices',
    'panel_admins',
    'token_families',
    'captcha_claims',
    'rate_limits',
    'ip_salts',
    'mutation_receipts',
    'change_log',
    'tag_generations',
    'customers',
  ] as const;
  for (const table of tables) await db.deleteFrom(table).execute();
  const { sql } = await import('kysely');
  for (const table of ['customers', 'panel_admins'])
    await sql`alter table ${sql.table(table)} auto_increment = 1`.execute(db);
}
