/**
 * Answers that look like a grant and are none, and requests that ask for more than they should get: nothing unproven is
 * accepted. The same corpus is run against policies in which one guard is written in the way that lets it through, so that
 * these tests are known to notice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FreeradiusServer,
  nasSecret,
  patient,
  startFreeradiusServer,
} from '../support/freeradius-server.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient, type RadiusReply } from '../support/radius-client.ts';
import { type Attributes, encodeRadius } from '../support/radius-packet-codec.ts';
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

const secret = 'fail-open-secret-0123456789';
const password = 'correct horse';
const token = (text: string) => ({ status: 200, body: said('control:Tmp-String-0', text) });
const other = '0x00112233445566778899aabbccddeeff';

/** Answers to the question that takes the session, none of which says that it was taken for this request. */
const unproven: Readonly<Record<string, (question: Question) => Answer>> = {
  'the token of another request': () => token(`lock-ok ${other}`),
  'a token without a request': () => token('lock-ok'),
  'a token with an empty request': () => token('lock-ok '),
  'a token with more behind it': ({ body }) => token(`lock-ok ${body.req} `),
  'a token with something before it': ({ body }) => token(` lock-ok ${body.req}`),
  'a token in capitals': ({ body }) => token(`LOCK-OK ${body.req}`),
  'a token that is to be expanded, and says not to': () => token('lock-ok %{Packet-Authentication-Vector}'),
  'the token of the first of two questions': ({ body }) => token(`known ${body.req}`),
  'a refusal with the status of a success': () => ({ ...(refusal as object), status: 200 }) as Answer,
  'a token in the reply': ({ body }) => ({
    status: 200,
    body: said('reply:Tmp-String-0', `lock-ok ${body.req}`),
  }),
  'a token in the request': ({ body }) => ({
    status: 200,
    body: said('request:Tmp-String-0', `lock-ok ${body.req}`),
  }),
  'a token in no list': ({ body }) => ({ status: 200, body: said('Tmp-String-0', `lock-ok ${body.req}`) }),
  'Auth-Type Accept': () => ({ status: 200, body: said('control:Auth-Type', 'Accept') }),
  'Post-Auth-Type and a packet type': () => ({
    status: 200,
    body: { ...said('control:Post-Auth-Type', 'Accept'), ...said('reply:Packet-Type', 'Access-Accept') },
  }),
  'a password that everybody knows': () => ({
    status: 200,
    body: said('control:Cleartext-Password', password),
  }),
  'a list instead of an object': ({ body }) => ({ status: 200, body: [`lock-ok ${body.req}`] }),
  'a string of JSON': ({ body }) => ({ status: 200, body: JSON.stringify(`lock-ok ${body.req}`) }),
  'null for a token': () => ({ status: 200, body: { 'control:Tmp-String-0': null } }),
  'a form': ({ body }) => ({
    status: 200,
    body: `control:Tmp-String-0=lock-ok+${body.req}`,
    type: 'application/x-www-form-urlencoded',
  }),
  'plain text': ({ body }) => ({ status: 200, body: `lock-ok ${body.req}`, type: 'text/plain' }),
  'a problem document': () => ({ status: 200, body: { title: 'no' }, type: 'application/problem+json' }),
  'a page of 64 KiB': () => ({ status: 200, body: `<p>${'lock-ok '.repeat(8_192)}`, type: 'text/html' }),
  'attributes alone': () => ({ status: 200, body: said('reply:Session-Timeout', 3600) }),
  nothing: () => ({ status: 200 }),
};

/** Requests that are rejected without asking anybody. */
const unsupported: Readonly<Record<string, Attributes>> = {
  'no password at all': [['User-Name', 'someone']],
  'no user name': [['Calling-Station-Id', '203.0.113.9']],
  'an EAP message': [
    ['User-Name', 'someone'],
    ['EAP-Message', Buffer.from([2, 1, 0, 12, 1, ...Buffer.from('someone')])],
  ],
  'MS-CHAPv1': [
    ['User-Name', 'someone'],
    ['MS-CHAP-Challenge', Buffer.alloc(8, 1)],
    ['MS-CHAP-Response', Buffer.alloc(50, 1)],
  ],
  'a response to no challenge': [
    ['User-Name', 'someone'],
    ['MS-CHAP2-Response', Buffer.alloc(50, 1)],
  ],
};

interface Lab extends AsyncDisposable {
  readonly mapper: MapperDouble;
  readonly server: FreeradiusServer;
  readonly nas: RadiusClient;
  /** Logs in the user `section#name`, and `name` says what the double answers. */
  login(section: 'login' | 'post-auth', name: string): Promise<RadiusReply>;
}

async function openLab(edit?: (path: string, text: string) => string): Promise<Lab> {
  const ntHash = `0x${await ntHashOf(password)}`;
  const mapper = await openMapperDouble((question) => {
    const [section, name = ''] = String(question.body.user).split('#');
    const path = question.path.slice('/v1/'.length);
    const answer = section === path ? (unproven[name] ?? granted[name]) : undefined;
    if (answer !== undefined) return answer(question);
    if (path !== 'authorize') return path === 'post-auth' ? grant(question) : { status: 204 };
    const more = name === 'no answer at all' ? said('control:Response-Packet-Type', 'Do-Not-Respond') : {};
    return known(question, { ...said('control:NT-Password', ntHash), ...more });
  });
  const server = await startFreeradiusServer({
    mapper: mapper.url,
    mapperSecret: secret,
    options: { ...patient, mschap: 'yes' },
    ...(edit === undefined ? {} : { edit }),
  });
  const nas = await openRadiusClient(server);
  return {
    mapper,
    server,
    nas,
    login: async (section, name) => {
      const user = `${section}#${name}`;
      const asks: Attributes = [['User-Name', user]];
      if (section === 'login') return nas.login(asks, password);
      return nas.login([...asks, ...(await msChapLogin(user, password)).attributes]);
    },
    [Symbol.asyncDispose]: async () => {
      await nas[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await mapper[Symbol.asyncDispose]();
    },
  };
}

const hostile = '50%{User-Password}%l off 100%';

/** Answers that are right, so that what is refused above is not refused for another reason. */
const granted: Readonly<Record<string, (question: Question) => Answer>> = {
  'the right token': (question) => grant(question),
  'text that looks like a variable': (question) => grant(question, said('reply:Reply-Message', hostile)),
};

const places = ['login', 'post-auth'] as const;
const cases = places.flatMap((section) => Object.keys(unproven).map((name) => ({ section, name })));

describe.skipIf(isMissing('freeradius'))('fail open', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it.each(cases)('$section is rejected on $name', async ({ section, name }) => {
    expect(await lab.login(section, name)).toMatchObject({ kind: 'reject' });
  });

  it.each(places)('%s is accepted on the right token', async (section) => {
    expect(await lab.login(section, 'the right token')).toMatchObject({ kind: 'accept' });
  });

  it('an attribute of the answer is what it says, and not what its text could mean', async () => {
    const reply = await lab.login('login', 'text that looks like a variable');
    expect(reply).toMatchObject({ kind: 'accept', values: { 'Reply-Message': [hostile] } });
  });

  it.each(Object.keys(unsupported))('a request with %s is rejected and nobody is asked', async (name) => {
    const before = lab.mapper.asked.length;
    const reply = await lab.nas.login(unsupported[name] ?? []);
    expect(reply).toMatchObject({ kind: 'reject' });
    expect(lab.mapper.asked).toHaveLength(before);
  });

  it('a wrong password of MS-CHAPv2 never gets to the question that takes the session', async () => {
    const user = 'post-auth#the right token';
    const { attributes } = await msChapLogin(user, 'wrong');
    const before = lab.mapper.asked.length;
    const reply = await lab.nas.login([['User-Name', user], ...attributes]);
    expect(reply).toMatchObject({ kind: 'reject' });
    expect(lab.mapper.asked.slice(before).map(({ path }) => path)).toEqual(['/v1/authorize']);
  });

  it('a request that gets no answer takes no session', async () => {
    const answer = lab.nas.send(await mschapPacket(silent), 'auth', silenceMs);
    await isAsked(lab.mapper, '/v1/authorize');
    await lab.login('login', 'the right token'); // which takes longer than what is left of the other one
    expect(await answer).toEqual({ kind: 'none' });
    expect(lab.mapper.askedAbout(silent).map(({ path }) => path)).toEqual(['/v1/authorize']);
  });

  it('nobody is answered while nothing listens for the mapper, and everybody when it is back', async () => {
    await lab.mapper.close();
    const reply = await lab.login('login', 'the right token');
    expect(reply).toMatchObject({
      kind: 'reject',
      values: { 'Reply-Message': ['Service temporarily unavailable.'] },
    });
    await lab.mapper.open();
    let again = await lab.login('login', 'the right token');
    // It tries a new connection once a second.
    while (again.kind === 'reject') again = await lab.login('login', 'the right token');
    expect(again).toMatchObject({ kind: 'accept' });
  });
});

/** The user whose request gets no answer: the double says so. */
const silent = 'nobody#no answer at all';
const silenceMs = 300;

/** Until the mapper was asked this about the user without an answer. */
async function isAsked(mapper: MapperDouble, path: string): Promise<void> {
  while (!mapper.askedAbout(silent).some((question) => question.path === path)) await delay(5);
}

async function mschapPacket(user: string): Promise<Buffer> {
  const { attributes } = await msChapLogin(user, password);
  const request = { kind: 'access', secret: nasSecret, identifier: 200 } as const;
  return encodeRadius({ ...request, attributes: [['User-Name', user], ...attributes] });
}

const whole =
  'if (&control:Tmp-String-0 == "lock-ok %{Packet-Authentication-Vector}") {\n\t\tok\n\t}\n\telse {';
const ofLogin = `els${whole}`;

interface Mutation {
  readonly name: string;
  readonly edit: (policy: string) => string;
  /** A case of the corpus that is let in by it. */
  readonly letsIn: string;
}

/** Ways to write the guard that read well and let somebody in. */
const mutations: readonly Mutation[] = [
  {
    name: 'a comparison by inequality, which a missing attribute passes over',
    edit: (policy) => {
      const open = 'if (&control:Tmp-String-0 != "lock-ok %{Packet-Authentication-Vector}") {';
      return policy.replaceAll(ofLogin, `els${open}`).replaceAll(whole, open);
    },
    letsIn: 'nothing',
  },
  {
    name: 'a token that is bound to no request',
    edit: (policy) => policy.replaceAll('== "lock-ok %{Packet-Authentication-Vector}"', '=~ /^lock-ok/'),
    letsIn: 'the token of another request',
  },
  {
    name: 'the status of HTTP instead of a token',
    edit: (policy) =>
      policy.replaceAll(
        '(&control:Tmp-String-0 == "lock-ok %{Packet-Authentication-Vector}")',
        '(&reply:REST-HTTP-Status-Code == 200)',
      ),
    letsIn: 'attributes alone',
  },
];

describe.skipIf(isMissing('freeradius'))('the corpus notices', () => {
  it.each(mutations)('$name', async ({ edit, letsIn }) => {
    await using lab = await openLab((path, text) =>
      path === 'policy.d/holdfast' ? edited(text, edit) : text,
    );
    expect(await lab.login('post-auth', letsIn)).toMatchObject({ kind: 'accept' });
  });

  it('a session that is taken for a request without an answer', async () => {
    const guard = '\tif (&control:Response-Packet-Type == Do-Not-Respond) {\n\t\thandled\n\t}\n';
    const without = (policy: string) => policy.replace(guard, '');
    await using lab = await openLab((path, text) =>
      path === 'policy.d/holdfast' ? edited(text, without) : text,
    );
    const answer = lab.nas.send(await mschapPacket(silent), 'auth', silenceMs);
    await isAsked(lab.mapper, '/v1/post-auth');
    expect(await answer).toEqual({ kind: 'none' });
  });
});

function edited(text: string, edit: (policy: string) => string): string {
  const changed = edit(text);
  if (changed === text) throw new Error('the policy has no such guard any more');
  return changed;
}
