/**
 * Whatever HTTP status and body the mapper, or something in its place, answers: a real FreeRADIUS accepts exactly what says
 * in so many words that this very request was granted. Twelve answers and more, in each of the places where it asks.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreeradiusServer, patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient, type RadiusReply } from '../support/radius-client.ts';
import {
  type Answer,
  grant,
  known,
  type MapperDouble,
  openMapperDouble,
  type Question,
  refusal,
  said,
} from './mapper-double.ts';

const secret = 'matrix-secret-0123456789';
const password = 'correct horse';
const unavailable = 'Service temporarily unavailable.';

/** What a session gets that was accepted; in no reject may any of it be left. */
const attributes = {
  ...said('reply:Class', '0x616263'),
  ...said('reply:Session-Timeout', 600),
  ...said('reply:Framed-IP-Address', '10.8.0.9'),
};

interface Row {
  readonly name: string;
  readonly answer: (right: (question: Question) => Answer, question: Question) => Answer;
  /** Whether the right words are in it, so that it has to be taken. */
  readonly isRight?: boolean;
  /** What the user is told. */
  readonly tells?: string;
  /** libcurl sends a request again whose connection was kept from an earlier one and is gone: the mapper sees it twice. */
  readonly isAskedAgain?: boolean;
}

/** The body of the right answer, with another status. */
const withStatus = (status: number): Row => ({
  name: `${status} with the body of the right answer`,
  answer: (right, question) => ({ ...(right(question) as object), status }) as Answer,
});

const rows: readonly Row[] = [
  { name: '200 with the right token', answer: (right, question) => right(question), isRight: true },
  { name: '200 with an empty object', answer: () => ({ status: 200, body: {} }) },
  { name: '200 without a body', answer: () => ({ status: 200 }) },
  { name: '200 with attributes and no token', answer: () => ({ status: 200, body: attributes }) },
  { name: '204', answer: () => ({ status: 204 }) },
  { name: '401 with a refusal', answer: () => refusal, tells: 'Not now' },
  { name: '401 without a body', answer: () => ({ status: 401 }) },
  { name: '200 with malformed JSON', answer: () => ({ status: 200, body: '{"control:Tmp-String-0":' }) },
  { name: '200 with HTML', answer: () => ({ status: 200, body: '<html>lock-ok</html>', type: 'text/html' }) },
  {
    name: 'a redirect to the right answer',
    answer: () => ({ status: 307, location: '/elsewhere', body: attributes }),
  },
  ...[301, 400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 502, 503, 504].map(withStatus),
  { name: 'silence', answer: () => 'hangs' },
  { name: 'a reset', answer: () => 'resets', isAskedAgain: true },
  { name: 'a reset in the middle of the body', answer: () => 'breaks off' },
  { name: 'half of a body and then silence', answer: () => 'stalls' },
];

/** The places in which an answer decides about a login, each with a login that gets there. */
const sections = [
  { section: 'login', path: '/v1/login', isMsChap: false },
  { section: 'authorize', path: '/v1/authorize', isMsChap: true },
  { section: 'post-auth', path: '/v1/post-auth', isMsChap: true },
] as const;

type Section = (typeof sections)[number]['section'] | 'accounting';

const userOf = (section: Section, row: Row) => `${section}#${rows.indexOf(row)}`;

describe.skipIf(isMissing('freeradius'))('the status matrix', () => {
  let mapper: MapperDouble;
  let server: FreeradiusServer;
  let nas: RadiusClient;
  const replies = new Map<string, RadiusReply>();

  beforeAll(async () => {
    const ntHash = `0x${await ntHashOf(password)}`;
    const right = {
      '/v1/login': (question: Question) => grant(question, attributes),
      '/v1/authorize': (question: Question) => known(question, said('control:NT-Password', ntHash)),
      '/v1/post-auth': (question: Question) => grant(question, attributes),
      '/v1/accounting': () => ({ status: 204 }),
      '/v1/release-pending': () => ({ status: 204 }),
    };
    mapper = await openMapperDouble((question) => {
      const answer = right[question.path as keyof typeof right];
      const [section, number] = String(question.body.user).split('#');
      const row = rows[Number(number)];
      const isTried = section === question.path.slice('/v1/'.length) && row !== undefined;
      return isTried ? row.answer(answer, question) : answer(question);
    });
    server = await startFreeradiusServer({
      mapper: mapper.url,
      mapperSecret: secret,
      options: { ...patient, mschap: 'yes', replay_interval: '3600' },
    });
    nas = await openRadiusClient(server);
    const logins = sections.flatMap(({ section, isMsChap }) =>
      rows.map(async (row) => {
        const user = userOf(section, row);
        const msChap = isMsChap ? (await msChapLogin(user, password)).attributes : [];
        const asks = [['User-Name', user], ['NAS-IP-Address', '10.0.0.1'], ...msChap] as const;
        replies.set(user, await (isMsChap ? nas.login(asks) : nas.login(asks, password)));
      }),
    );
    const reports = rows.map(async (row) => {
      const user = userOf('accounting', row);
      const report = [
        ['User-Name', user],
        ['Acct-Status-Type', 1],
        ['Acct-Session-Id', 's'],
      ] as const;
      replies.set(user, await nas.account(report));
    });
    await Promise.all([...logins, ...reports]);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await mapper?.[Symbol.asyncDispose]();
  });

  describe.each(sections)('$section', ({ section, path }) => {
    const right = rows.filter((row) => row.isRight === true);
    const wrong = rows.filter((row) => row.isRight !== true);

    it.each(right)('accepts on $name', (row) => {
      const reply = replies.get(userOf(section, row));
      expect(reply).toMatchObject({ kind: 'accept', values: { Class: ['616263'] } });
    });

    it.each(wrong)('rejects on $name, with a signed sentence and nothing else', (row) => {
      const user = userOf(section, row);
      expect(replies.get(user)).toMatchObject({
        kind: 'reject',
        names: ['Message-Authenticator', 'Reply-Message'],
        values: { 'Reply-Message': [row.tells ?? unavailable] },
      });
      const asked = mapper.askedAbout(user).filter((question) => question.path === path);
      expect(asked.length).toBeLessThanOrEqual(row.isAskedAgain === true ? 2 : 1);
      expect(new Set(asked.map((question) => question.body.req)).size).toBe(1);
    });

    it.each(rows)('after $name gives back exactly what may have been taken', (row) => {
      const asked = mapper.askedAbout(userOf(section, row));
      const released = asked.filter((question) => question.path === '/v1/release-pending');
      const isLock = section !== 'authorize';
      const isDecided = row.isRight === true || row.tells !== undefined;
      expect(released).toHaveLength(isLock && !isDecided ? 1 : 0);
      for (const question of released) expect(question.body.req).toBe(asked[0]?.body.req);
    });
  });

  it('every question shows the secret of the mapper', () => {
    expect(new Set(mapper.asked.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${secret}`]),
    );
  });

  it.each(rows)('accounting is acknowledged on $name, and kept unless the mapper has it', (row) => {
    const user = userOf('accounting', row);
    expect(replies.get(user)?.kind).toBe('acknowledged');
    const isTaken = row.isRight === true || row.name === '204';
    expect(server.spooled().includes(`User-Name = "${user}"\n`)).toBe(!isTaken);
  });
});
