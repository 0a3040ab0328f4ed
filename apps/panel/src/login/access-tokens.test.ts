/** Access tokens as an attacker would make them. */
import { createHmac } from 'node:crypto';
import { type Clock, systemClock } from '@holdfast/base';
import { sign } from 'hono/jwt';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessTokens } from './access-tokens.ts';
import type { Account } from './accounts.ts';

const key = Buffer.alloc(32, 7);
const startMs = Date.UTC(2026, 0, 10);
const familyId = 'f'.repeat(32);
const account: Account = {
  principal: 'c5',
  role: 'customer',
  id: 5,
  email: 'ana@example.com',
  name: 'ana@example.com',
  isActive: true,
  passwordHash: '!',
  version: 1,
};
const source = { familyId, generation: 3, absoluteExpiresAtMs: startMs + 86_400_000 };

describe('an access token', () => {
  let nowMs: number;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };
  const tokens = new AccessTokens({ key, clock });

  beforeEach(() => {
    nowMs = startMs;
  });

  it('says who, of which login, for whom and until when, and nothing else', async () => {
    const { token, expiresAtMs } = await tokens.issue(account, source);
    expect(payloadOf(token)).toEqual({
      sub: 'c5',
      role: 'customer',
      cid: 5,
      fam: familyId,
      gen: 3,
      aud: 'holdfast-panel',
      iat: startMs / 1_000,
      exp: startMs / 1_000 + 300,
    });
    expect(expiresAtMs).toBe(startMs + 300_000);
    expect(await tokens.read(token)).toEqual({ principal: 'c5', familyId, generation: 3 });
  });

  it('is good for no longer than its login', async () => {
    const { expiresAtMs } = await tokens.issue(account, { ...source, absoluteExpiresAtMs: startMs + 60_000 });
    expect(expiresAtMs).toBe(startMs + 60_000);
  });

  it.each([
    ['of another key', () => sign(claims(), 'another key')],
    ['of another audience', () => signed(claims({ aud: 'somebody else' }))],
    ['for nobody', () => signed(claims({ aud: undefined }))],
    ['that ends when it is looked at', () => signed(claims({ exp: startMs / 1_000 }))],
    ['without an end', () => signed(claims({ exp: undefined }))],
    ['that is good for longer than ours are', () => signed(claims({ exp: startMs / 1_000 + 601 }))],
    ['of nobody', () => signed(claims({ sub: 'x7' }))],
    ['without a login', () => signed(claims({ fam: undefined }))],
    ['of a generation that is none', () => signed(claims({ gen: '3' }))],
    ['without a signature', async () => unsigned('none')],
    ['without a signature, in capitals', async () => unsigned('NONE')],
    ['of another algorithm under our key', async () => hmac('HS512')],
    ['that names another algorithm than it has', async () => hmac('HS256', { alg: 'HS512' })],
    [
      'that names a key of its own',
      async () => hmac('HS256', { jwk: { kty: 'oct', k: 'AAAA' } }, Buffer.from('AAAA', 'base64')),
    ],
    ['that asks for what we do not know', async () => hmac('HS256', { crit: ['x'] })],
    ['whose claims are no object', async () => hmac('HS256', {}, key, 'null')],
    ['of two parts', async () => 'a.b'],
    ['that is empty', async () => ''],
    ['that is endless', async () => `${await signed(claims())}${'A'.repeat(10_000)}`],
  ])('%s is none', async (_what, make) => {
    expect(await tokens.read(await make())).toBeUndefined();
  });

  it('made as ours are is one, so that the others are refused for what is wrong with them', async () => {
    expect(await tokens.read(await signed(claims()))).toBeDefined();
    expect(await tokens.read(hmac('HS256'))).toBeDefined();
  });

  it('whose signature has another letter is none', async () => {
    const { token } = await tokens.issue(account, source);
    const [head, body, signature = ''] = token.split('.');
    const other = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    expect(await tokens.read([head, body, other].join('.'))).toBeUndefined();
  });

  it('of before the clock was set back does not live on by as much', async () => {
    const { token } = await tokens.issue(account, source);
    nowMs -= 3_600_000;
    expect(await tokens.read(token)).toBeUndefined();
    nowMs += 3_600_000 - 60_000;
    expect(await tokens.read(token)).toBeDefined();
  });

  it.each([999, 600_001, Number.NaN, 1.5])('cannot be good for %d ms', (lifetimeMs) => {
    expect(() => new AccessTokens({ key, lifetimeMs })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

function claims(part: object = {}): Record<string, unknown> {
  const seconds = startMs / 1_000;
  const ours = { sub: 'c5', role: 'customer', fam: familyId, gen: 3, aud: 'holdfast-panel' };
  return { ...ours, iat: seconds, exp: seconds + 300, ...part };
}

async function signed(payload: Record<string, unknown>): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return await sign(payload, await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']), 'HS256');
}

function unsigned(alg: string): string {
  return `${encoded({ alg, typ: 'JWT' })}.${encoded(claims())}.`;
}

function hmac(alg: string, header: object = {}, under = key, payload = JSON.stringify(claims())): string {
  const text = `${encoded({ alg, typ: 'JWT', ...header })}.${Buffer.from(payload).toString('base64url')}`;
  const digest = alg === 'HS512' ? 'sha512' : 'sha256';
  return `${text}.${createHmac(digest, under).update(text).digest('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function payloadOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
