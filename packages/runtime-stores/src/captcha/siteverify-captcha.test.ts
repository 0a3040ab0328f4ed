/** The client of siteverify services, against a real HTTP server that behaves as services do, and as they should not. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CaptchaClaims } from './captcha-claims.ts';
import { type CaptchaRequest, CaptchaVerifier } from './captcha-verifier.ts';
import { MemoryCaptchaClaims } from './memory-captcha-claims.ts';
import type { SiteverifyAnswer } from './siteverify-answer.ts';
import {
  actionOfScope,
  hcaptcha,
  type KnownSiteverifyOptions,
  recaptcha,
  siteverifyCaptcha,
  turnstile,
} from './siteverify-captcha.ts';

const secret = 'the-secret-of-the-account';
const scope = 'login:web';

type Behaviour = (response: ServerResponse, form: URLSearchParams, request: IncomingMessage) => void;

describe('the client of a siteverify service', () => {
  let server: Server;
  let endpoint: string;
  /** What the next requests meet, the last one for ever. */
  let behaviours: Behaviour[];
  let asked: URLSearchParams[];
  let logged: string;
  let claims: CaptchaClaims;

  beforeAll(async () => {
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    behaviours = [says({})];
    asked = [];
    logged = '';
    claims = new MemoryCaptchaClaims();
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    asked.push(form);
    const behave = behaviours.length > 1 ? behaviours.shift() : behaviours[0];
    behave?.(response, form, request);
  };

  const options = (given: Partial<KnownSiteverifyOptions> = {}): KnownSiteverifyOptions => ({
    secret,
    hostnames: ['Panel.example.com'],
    endpoint,
    timeoutMs: 2_000,
    ...given,
  });

  const verify = (request: Partial<CaptchaRequest> = {}, provider = turnstile(options())) => {
    const log = (...facts: unknown[]) => {
      logged += inspect(facts, { depth: 9 });
    };
    const verifier = new CaptchaVerifier({
      provider,
      claims,
      log: { debug: log, info: log, warn: log, error: log },
    });
    return verifier.verify({ token: 'a-token', scope, attemptId: randomUUID(), ...request });
  };

  it('lets through what was solved here, for this, now; and once', async () => {
    const attemptId = randomUUID();
    const tokenHash = createHash('sha256').update('a-token').digest('hex');
    const key = createHash('sha1')
      .update(Buffer.from(attemptId.replaceAll('-', ''), 'hex'))
      .update(tokenHash)
      .digest('hex');
    expect(await verify({ attemptId, remoteIp: '203.0.113.7' })).toEqual({ kind: 'ok', isRepeat: false });
    const [form] = asked;
    expect(Object.fromEntries(form ?? [])).toMatchObject({
      secret,
      response: 'a-token',
      remoteip: '203.0.113.7',
    });
    expect(form?.get('idempotency_key')?.slice(0, 13)).toBe(`${key.slice(0, 8)}-${key.slice(8, 12)}`);
    expect(await verify()).toEqual({ kind: 'replayed' });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Partial<SiteverifyAnswer>, object]>([
    ['on another host', { hostname: 'evil.example.com' }, { kind: 'invalid', reason: 'hostname' }],
    ['on a host below ours', { hostname: 'x.panel.example.com' }, { kind: 'invalid', reason: 'hostname' }],
    ['on no host', { hostname: null }, { kind: 'invalid', reason: 'hostname' }],
    ['for another action', { action: 'login_admin' }, { kind: 'invalid', reason: 'scope' }],
    ['for no action', { action: undefined }, { kind: 'invalid', reason: 'scope' }],
    ['too long ago', { challenge_ts: '2020-01-01T00:00:00Z' }, { kind: 'expired' }],
    ['in another login', { cdata: 'other' }, { kind: 'invalid', reason: 'nonce' }],
    ['in no login', { cdata: '' }, { kind: 'invalid', reason: 'nonce' }],
    ['not at all', { success: false, 'error-codes': ['invalid-input-response'] }, { reason: 'refused' }],
    ['not at all, without a word', { success: false }, { kind: 'invalid', reason: 'refused' }],
    ['before', { success: false, 'error-codes': ['timeout-or-duplicate'] }, { kind: 'expired' }],
    ['by somebody', { success: false, 'error-codes': ['already-seen-response'] }, { kind: 'replayed' }],
  ])('refuses what was solved %s, once and for all', async (_name, answered, expected) => {
    behaviours = [says(answered), says({})];
    expect(await verify({ nonce: 'this-login' })).toMatchObject(expected);
    expect(await verify({ nonce: 'this-login' })).toEqual({ kind: 'replayed' });
    expect(asked).toHaveLength(1);
  });

  const unanswered: Readonly<Record<string, Behaviour>> = {
    'a server error': (response) => response.writeHead(500).end('{"success":true}'),
    'no rights': (response) => response.writeHead(403).end(),
    'too many requests': (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
    'a redirect': (response) => response.writeHead(307, { location: endpoint }).end(),
    'a broken connection': (response) => response.destroy(),
    'half an answer': (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"success":true');
      response.socket?.end();
    },
    'a page of HTML': (response) => response.end('<!doctype html><title>Welcome</title>'),
    nothing: (response) => response.end(),
    'a list': (response) => response.end('[true]'),
    'another shape': (response) => response.end('{"success":"true"}'),
    'a huge answer': (response) => response.end(`{"success":true,"x":"${'x'.repeat(200_000)}"}`),
    'its own error': says({ success: false, 'error-codes': ['internal-error'] }),
    'no time of the challenge': says({ challenge_ts: null }),
  };

  it.each(Object.entries(unanswered))('asks again after %s', async (_name, behaviour) => {
    behaviours = [behaviour, says({})];
    expect(await verify()).toEqual({ kind: 'ok', isRepeat: false });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.get('idempotency_key')).toBe(asked[0]?.get('idempotency_key'));
  });

  it.each(Object.entries(unanswered))(
    'lets nobody through for %s twice, and uses nothing up',
    async (_name, behaviour) => {
      behaviours = [behaviour];
      expect(await verify()).toMatchObject({ kind: 'unavailable' });
      expect(asked).toHaveLength(2);
      expect(logged).toContain('captcha provider unavailable');
      expect(logged).not.toContain(secret);
      behaviours = [says({})];
      expect(await verify()).toEqual({ kind: 'ok', isRepeat: false });
    },
  );

  it.each<[string, Behaviour]>([
    ['hangs', () => undefined],
    [
      'is slow',
      (response) => {
        const drip = setInterval(() => response.write(' '), 10);
        response.once('close', () => clearInterval(drip));
      },
    ],
  ])('gives up on a service that %s', async (_name, behaviour) => {
    behaviours = [behaviour];
    const outcome = await verify({}, turnstile(options({ timeoutMs: 60 })));
    expect(outcome).toEqual({ kind: 'unavailable', reason: 'timeout' });
    expect(asked).toHaveLength(2);
  });

  it('gives up on a service that is not there', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    const nowhere = turnstile(options({ endpoint: `http://127.0.0.1:${port}/` }));
    expect(await verify({}, nowhere)).toMatchObject({ kind: 'unavailable', reason: 'network' });
    expect(logged).toMatch(/ECONNREFUSED|ConnectionRefused/);
  });

  it.each(['invalid-input-secret', 'missing-input-secret', 'bad-request'])(
    'calls %s our fault, which asking again does not mend',
    async (code) => {
      behaviours = [(response) => response.writeHead(400).end(`{"success":false,"error-codes":["${code}"]}`)];
      expect(await verify()).toEqual({ kind: 'unavailable', reason: 'configuration' });
      expect(asked).toHaveLength(1);
    },
  );

  it('sends no key to services that know none, and asks reCAPTCHA for its score', async () => {
    behaviours = [says({ score: 0.4 })];
    expect(await verify({}, recaptcha(options()))).toEqual({ kind: 'invalid', reason: 'score' });
    claims = new MemoryCaptchaClaims();
    behaviours = [says({ score: 0.9 })];
    expect(await verify({}, recaptcha(options()))).toEqual({ kind: 'ok', isRepeat: false });
    expect(asked.map((form) => form.has('idempotency_key'))).toEqual([false, false]);
  });

  it('compares no action with hCaptcha, which knows none', async () => {
    behaviours = [says({ action: undefined })];
    expect(await verify({}, hcaptcha(options()))).toEqual({ kind: 'ok', isRepeat: false });
  });

  it('refuses to be without secret, host, time or a safe endpoint', () => {
    const wrong: Partial<KnownSiteverifyOptions>[] = [
      { secret: '' },
      { secret: undefined as unknown as string },
      { hostnames: [] },
      { endpoint: 'http://challenges.example.com/' },
      { endpoint: 'challenges' },
      { timeoutMs: 0 },
      { timeoutMs: 3_600_001 },
      { leastScore: 2 },
    ];
    for (const given of wrong)
      expect(() => turnstile(options(given))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('shows its secret in no print of it', () => {
    const provider = siteverifyCaptcha({
      ...options(),
      endpoint,
      name: 'other',
      tokenMs: 1,
      longestToken: 1,
      carries: { action: true, nonce: true, idempotencyKey: true },
    });
    expect(inspect(provider, { depth: 9, showHidden: true })).not.toContain(secret);
    expect(JSON.stringify(provider)).not.toContain(secret);
  });
});

/** A yes of Turnstile, but for what is given. */
function says(given: Partial<SiteverifyAnswer>): Behaviour {
  const answer = {
    success: true,
    hostname: 'panel.example.com',
    action: actionOfScope(scope),
    challenge_ts: new Date().toISOString(),
    cdata: 'this-login',
    ...given,
  };
  return (response) => response.end(JSON.stringify(answer));
}
