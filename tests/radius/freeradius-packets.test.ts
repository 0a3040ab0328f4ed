/**
 * Packets as NASes and others send them: unsigned, signed by somebody else, sent twice, with names of every kind of bytes.
 * What reaches the mapper is the name as it was, and once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FreeradiusServer,
  nasSecret,
  patient,
  startFreeradiusServer,
} from '../support/freeradius-server.ts';
import { msChapLogin } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { type Attributes, encodeRadius } from '../support/radius-packet-codec.ts';
import { runProcess } from '../support/run-process.ts';
import { grant, type MapperDouble, openMapperDouble } from './mapper-double.ts';

const secret = 'packets-secret-0123456789';
/** A NAS that cannot sign; the one of `unknown` is in no list. */
const addresses = { unsigned: '127.0.0.3', unknown: '127.0.0.4' };
const clients = `client unsigned {
  ipaddr = ${addresses.unsigned}
  secret = "${nasSecret}"
  require_message_authenticator = no
}`;
/** Long enough for an answer that must not come: others have come in a tenth of it. */
const silenceMs = 400;

const names: Readonly<Record<string, Buffer>> = {
  'a backslash and a slash': Buffer.from('DOM\\user/x'),
  'quotes and braces': Buffer.from(`a"b'c{d}e`),
  'what looks like a variable': Buffer.from('%{User-Password}%l$%%'),
  'letters beyond ASCII': Buffer.from('Zoë 東京 🦊'),
  'no UTF-8': Buffer.from([0x61, 0xff, 0xfe, 0x80, 0x62]),
  'control characters': Buffer.from([0x61, 0x01, 0x09, 0x0a, 0x0d, 0x1b, 0x7f]),
  '253 letters': Buffer.alloc(253, 'x'),
  '253 bytes beyond ASCII': Buffer.alloc(253, 0xe9),
};

describe.skipIf(isMissing('freeradius'))('packets', () => {
  let mapper: MapperDouble;
  let server: FreeradiusServer;
  let nas: RadiusClient;

  beforeAll(async () => {
    mapper = await openMapperDouble((question) =>
      question.path === '/v1/login' ? grant(question) : { status: 204 },
    );
    server = await startFreeradiusServer({
      mapper: mapper.url,
      mapperSecret: secret,
      clients,
      options: patient,
    });
    nas = await openRadiusClient(server);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await mapper?.[Symbol.asyncDispose]();
  });

  const access = (user: string, more: Partial<Parameters<typeof encodeRadius>[0]> = {}) =>
    encodeRadius({
      kind: 'access',
      secret: nasSecret,
      identifier: 77,
      attributes: [['User-Name', user]],
      password: 'pw',
      ...more,
    });

  it('a question carries the bearer of the mapper, all that tells sessions apart, and no more', async () => {
    const attributes: Attributes = [
      ['User-Name', 'whole'],
      ['NAS-IP-Address', '10.0.0.1'],
      ['NAS-Identifier', 'vpn-node-7'],
      ['NAS-Port-Id', 'tun12'],
      ['Called-Station-Id', '198.51.100.4'],
      ['Calling-Station-Id', '203.0.113.9'],
      ['Acct-Session-Id', '8f3a0001'],
    ];
    await nas.login(attributes, 'pw');
    const [question] = mapper.askedAbout('whole');
    expect(question?.authorization).toBe(`Bearer ${secret}`);
    expect(question?.body).toEqual({
      v: 1,
      user: 'whole',
      password: 'pw',
      src: '127.0.0.1',
      nas_ip: '10.0.0.1',
      nas_id: 'vpn-node-7',
      caller: '203.0.113.9',
      req: expect.stringMatching(/^0x[0-9a-f]{32}$/),
    });
  });

  it.each(Object.keys(names))(
    'a user name with %s arrives as it was, at login and in accounting',
    async (name) => {
      const bytes = names[name] ?? Buffer.alloc(0);
      const from = mapper.asked.length;
      expect(await nas.login([['User-Name', bytes]], bytes.subarray(0, 128))).toMatchObject({
        kind: 'accept',
      });
      const report: Attributes = [
        ['User-Name', bytes],
        ['Acct-Status-Type', 1],
        ['Acct-Session-Id', 's'],
      ];
      expect(await nas.account(report)).toMatchObject({ kind: 'acknowledged' });
      const [login, start] = mapper.asked.slice(from);
      expect(Buffer.from(login?.body.user, 'latin1')).toEqual(bytes);
      expect(Buffer.from(login?.body.password, 'latin1')).toEqual(bytes.subarray(0, 128));
      expect(Buffer.from(start?.body.user, 'latin1')).toEqual(bytes);
    },
  );

  describe('a request with more than FreeRADIUS can ask about', () => {
    const long = Buffer.alloc(253, 0xff);
    const attributes: Attributes = [
      ['User-Name', long],
      ['NAS-Identifier', long],
      ['NAS-Port-Id', long],
      ['Called-Station-Id', long],
      ['Calling-Station-Id', long],
      ['Acct-Session-Id', long],
    ];

    it('is rejected', async () => {
      const before = mapper.asked.length;
      expect(await nas.login(attributes, 'pw')).toMatchObject({ kind: 'reject' });
      expect(mapper.asked).toHaveLength(before);
    });

    it('is set aside as accounting, where it holds up nothing', async () => {
      const report: Attributes = [...attributes, ['Acct-Status-Type', 1]];
      expect(await nas.account(report)).toMatchObject({ kind: 'acknowledged' });
      expect(server.spooled()).toBe('');
      expect(server.setAside()).toContain('Acct-Status-Type = Start');
    });

    it('is asked about whole if it is of ordinary letters', async () => {
      const plain = attributes.map(([name]) => [name, 'x'.repeat(253)] as const);
      const from = mapper.asked.length;
      expect(await nas.login(plain, 'y'.repeat(128))).toMatchObject({ kind: 'accept' });
      for (const key of ['user', 'nas_id', 'caller'])
        expect(mapper.asked[from]?.body[key]).toBe('x'.repeat(253));
    });
  });

  it('counters of 64 bits and the moment of the event are numbers', async () => {
    const report: Attributes = [
      ['User-Name', 'counted'],
      ['Acct-Status-Type', 3],
      ['Acct-Session-Id', 's'],
      ['Acct-Input-Octets', 0xffff_ffff],
      ['Acct-Input-Gigawords', 3],
      ['Acct-Output-Octets', 7],
      ['Acct-Session-Time', 600],
      ['Acct-Delay-Time', 5],
      ['Event-Timestamp', 1_795_212_600],
      ['Framed-IP-Address', '10.8.0.7'],
      ['Framed-IPv6-Address', '2001:db8::7'],
      ['Class', Buffer.from('abc')],
    ];
    await nas.account(report);
    expect(mapper.askedAbout('counted')[0]?.body).toMatchObject({
      status: 'Interim-Update',
      in: 17_179_869_183,
      out: 7,
      seconds: 600,
      delay: 5,
      at: 1_795_212_600,
      ip: '10.8.0.7',
      ip6: '2001:db8::7',
      class: '0x616263',
    });
  });

  it('a moment that the NAS does not tell is that of the receipt, less the time for which the NAS has kept it', async () => {
    const kept = (user: string, seconds: number): Attributes => [
      ['User-Name', user],
      ['Acct-Status-Type', 1],
      ['Acct-Delay-Time', seconds],
    ];
    const from = Math.floor(Date.now() / 1_000);
    await nas.account(kept('kept', 600));
    await nas.account(kept('kept for ever', 0xffff_ffff));
    const until = Math.ceil(Date.now() / 1_000);
    const atOf = (user: string) => mapper.askedAbout(user)[0]?.body.at;
    expect(atOf('kept')).toBeGreaterThanOrEqual(from - 600);
    expect(atOf('kept')).toBeLessThanOrEqual(until - 600);
    expect(atOf('kept for ever')).toBeGreaterThanOrEqual(from);
  });

  it('counters that no NAS can have are numbers that the mapper takes all the same', async () => {
    const report: Attributes = [
      ['User-Name', 'impossible'],
      ['Acct-Status-Type', 2],
      ['Acct-Input-Gigawords', 0xffff_ffff],
      ['Acct-Input-Octets', 0xffff_ffff],
      ['Acct-Output-Gigawords', 0x8000_0000],
      ['Acct-Session-Time', 0xffff_ffff],
      ['Event-Timestamp', 0xffff_ffff],
    ];
    await nas.account(report);
    const { in: received, out, seconds } = mapper.askedAbout('impossible')[0]?.body ?? {};
    expect({ received, out, seconds }).toEqual({
      received: Number.MAX_SAFE_INTEGER,
      out: 0,
      seconds: 0xffff_ffff,
    });
  });

  it('radclient takes the answers, which has signatures of its own to compare', async () => {
    const asked = 'User-Name=witness,User-Password=pw,Message-Authenticator=0x00\n';
    const place = `127.0.0.1:${server.authPort}`;
    const { status, stdout } = await runProcess('radclient', ['-x', place, 'auth', nasSecret], {
      input: asked,
    });
    expect(stdout).toContain('Received Access-Accept');
    expect(status).toBe(0);
  });

  it('a packet that is sent again is one question, and gets the same answer', async () => {
    const packet = access('twice');
    const answers = await Promise.all([nas.send(packet, 'auth'), nas.send(packet, 'auth')]);
    const late = await nas.send(packet, 'auth');
    for (const answer of [...answers, late]) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ kind: 'accept' });
    expect(mapper.askedAbout('twice')).toHaveLength(1);
  });

  it('the state of a proxy comes back to it, in a reject as well', async () => {
    const state = Buffer.from('proxy state');
    const reply = await nas.login([['Proxy-State', state]]);
    expect(reply).toMatchObject({ kind: 'reject', values: { 'Proxy-State': [state.toString('hex')] } });
  });

  describe('who is not heard', () => {
    const unheard = [
      { name: 'a request that is not signed', packet: () => access('unsigned', { isSigned: false }) },
      {
        name: 'one that is signed with another secret',
        packet: () => access('stranger', { secret: 'another secret' }),
      },
      {
        name: 'one from an address that is no NAS',
        packet: () => access('unknown'),
        from: addresses.unknown,
      },
    ];

    it.each(unheard)('$name gets no answer and is no question', async ({ packet, from }) => {
      await using client = await openRadiusClient(server, from);
      const before = mapper.asked.length;
      expect(await client.send(packet(), 'auth', silenceMs)).toEqual({ kind: 'none' });
      await nas.login([['User-Name', 'heard']], 'pw'); // it was sent later, and is answered
      expect(mapper.asked.slice(before).map(({ body }) => body.user)).toEqual(['heard']);
    });

    it('accounting that is signed with another secret is not acknowledged', async () => {
      const attributes: Attributes = [
        ['User-Name', 'forged'],
        ['Acct-Status-Type', 2],
      ];
      const packet = encodeRadius({
        kind: 'accounting',
        secret: 'another secret',
        identifier: 9,
        attributes,
      });
      expect(await nas.send(packet, 'acct', silenceMs)).toEqual({ kind: 'none' });
      expect(mapper.askedAbout('forged')).toEqual([]);
      expect(server.spooled()).toBe('');
    });
  });

  it('a NAS that may leave its requests unsigned gets signed answers', async () => {
    await using client = await openRadiusClient(server, addresses.unsigned);
    const reply = await client.send(access('exempt', { isSigned: false }), 'auth');
    expect(reply).toMatchObject({ kind: 'accept', isSigned: true });
  });

  it('MS-CHAPv2 is refused where it is not switched on, and nobody is asked', async () => {
    const { attributes } = await msChapLogin('alice', 'pw');
    const before = mapper.asked.length;
    expect(await nas.login([['User-Name', 'alice'], ...attributes])).toMatchObject({ kind: 'reject' });
    expect(mapper.asked).toHaveLength(before);
  });
});
