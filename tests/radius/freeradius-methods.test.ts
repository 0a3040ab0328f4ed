/**
 * Passwords that FreeRADIUS itself checks, PAP against the salted hash of truth and MS-CHAPv2 against the NT hash: the
 * session is asked for once, and after the password was right.
 */
import { hashRadiusSecret } from '@holdfast/truth-db';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreeradiusServer, patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import {
  type Answering,
  grant,
  known,
  type MapperDouble,
  openMapperDouble,
  refusal,
  said,
} from './mapper-double.ts';

const secret = 'methods-secret-0123456789';
const password = 'Tr0ub4dor & ünicode % "quoted"';
const asks = [
  ['User-Name', 'alice'],
  ['NAS-IP-Address', '10.0.0.1'],
  ['Calling-Station-Id', '203.0.113.9'],
] as const;

describe.skipIf(isMissing('freeradius'))('passwords that FreeRADIUS checks', () => {
  let mapper: MapperDouble;
  let server: FreeradiusServer;
  let nas: RadiusClient;
  let credentials: Readonly<Record<string, unknown>> = {};
  let lock: Answering = grant;
  let from = 0;

  const asked = () => mapper.asked.slice(from);
  const paths = () => asked().map(({ path }) => path);

  beforeAll(async () => {
    mapper = await openMapperDouble((question) => {
      if (question.path === '/v1/authorize') return known(question, credentials);
      return question.path === '/v1/post-auth' ? lock(question) : { status: 204 };
    });
    const options = { ...patient, pap: 'freeradius', mschap: 'yes' };
    server = await startFreeradiusServer({ mapper: mapper.url, mapperSecret: secret, options });
    nas = await openRadiusClient(server);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await mapper?.[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    from = mapper.asked.length;
    lock = (question) => grant(question, said('reply:Class', '0x616263'));
  });

  describe('PAP', () => {
    beforeEach(() => {
      credentials = said('control:Password-With-Header', hashRadiusSecret(password));
    });

    it('a right password asks for the session once, and neither question has the password', async () => {
      expect(await nas.login(asks, password)).toMatchObject({
        kind: 'accept',
        values: { Class: ['616263'] },
      });
      expect(paths()).toEqual(['/v1/authorize', '/v1/post-auth']);
      expect(asked()[0]?.body).toMatchObject({ method: 'pap', user: 'alice', caller: '203.0.113.9' });
      expect(JSON.stringify(asked())).not.toContain('Tr0ub4dor');
    });

    it('a wrong password is rejected without asking for the session or giving it back', async () => {
      expect(await nas.login(asks, 'wrong')).toMatchObject({ kind: 'reject' });
      expect(paths()).toEqual(['/v1/authorize']);
    });

    it('a known user without a password is rejected', async () => {
      credentials = {};
      expect(await nas.login(asks, '')).toMatchObject({ kind: 'reject' });
      expect(paths()).toEqual(['/v1/authorize']);
    });

    it('a session that is refused is told why', async () => {
      lock = () => refusal;
      const reply = await nas.login(asks, password);
      expect(reply).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
      expect(reply).toMatchObject({ values: { 'Reply-Message': ['Not now'] } });
      expect(paths()).toEqual(['/v1/authorize', '/v1/post-auth']);
    });
  });

  describe('MS-CHAPv2', () => {
    beforeEach(async () => {
      credentials = said('control:NT-Password', `0x${await ntHashOf(password)}`);
    });

    it('a right password is accepted, and the server proves that it knows it', async () => {
      const login = await msChapLogin('alice', password);
      const reply = await nas.login([...asks, ...login.attributes]);
      expect(reply.kind).toBe('accept');
      if (reply.kind === 'none') return;
      expect(login.isSuccess(reply.values['MS-CHAP2-Success']?.[0])).toBe(true);
      expect(reply.names[0]).toBe('Message-Authenticator');
      expect(reply.names).toEqual(expect.arrayContaining(['Class', 'MS-MPPE-Send-Key', 'MS-MPPE-Recv-Key']));
      expect(paths()).toEqual(['/v1/authorize', '/v1/post-auth']);
      expect(asked()[0]?.body).toMatchObject({ method: 'mschap' });
    });

    it('a wrong password is rejected without asking for the session', async () => {
      const reply = await nas.login([...asks, ...(await msChapLogin('alice', 'wrong')).attributes]);
      expect(reply.kind).toBe('reject');
      if (reply.kind === 'none') return;
      expect(reply.names[0]).toBe('Message-Authenticator');
      expect(reply.names).toContain('MS-CHAP-Error');
      expect(paths()).toEqual(['/v1/authorize']);
    });

    it('the response of another user name is rejected', async () => {
      const reply = await nas.login([...asks, ...(await msChapLogin('mallory', password)).attributes]);
      expect(reply).toMatchObject({ kind: 'reject' });
    });

    it('a connection without an NT hash is rejected, whatever else is known of it', async () => {
      credentials = said('control:Password-With-Header', hashRadiusSecret(password));
      const reply = await nas.login([...asks, ...(await msChapLogin('alice', password)).attributes]);
      expect(reply).toMatchObject({ kind: 'reject' });
      expect(paths()).toEqual(['/v1/authorize']);
    });

    it('a session that is refused leaves no key of the link in the reject', async () => {
      lock = () => refusal;
      const reply = await nas.login([...asks, ...(await msChapLogin('alice', password)).attributes]);
      expect(reply).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
    });

    it('a lost answer gives the session back for the same request', async () => {
      lock = () => 'hangs';
      const reply = await nas.login([...asks, ...(await msChapLogin('alice', password)).attributes]);
      expect(reply).toMatchObject({ kind: 'reject' });
      expect(paths()).toEqual(['/v1/authorize', '/v1/post-auth', '/v1/release-pending']);
      expect(new Set(asked().map(({ body }) => body.req)).size).toBe(1);
    });
  });
});
