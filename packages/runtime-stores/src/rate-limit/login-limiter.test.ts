/** The three buckets of a login: what refuses, what only slows down, and whose charge is given back. */
import { type Clock, systemClock } from '@holdfast/base';
import { beforeEach, describe, expect, it } from 'vitest';
import { accountName } from './account-name.ts';
import { addressNetwork } from './address-network.ts';
import { type LoginAttempt, type LoginLimits, loginBuckets } from './login-buckets.ts';
import { LoginLimiter } from './login-limiter.ts';
import { MemoryRateLimits } from './memory-rate-limits.ts';
import type { RateLimit, RateLimitStore } from './rate-limit.ts';
import type { KeyHashes } from './salted-rate-limits.ts';

const hourMs = 3_600_000;
const limits: LoginLimits = {
  ip: { name: 'ip', limit: 60, periodMs: hourMs, burst: 6 },
  accountIp: { name: 'account-ip', limit: 60, periodMs: hourMs, burst: 2 },
  account: { name: 'account', limit: 60, periodMs: hourMs, burst: 4 },
};
const ana: LoginAttempt = { profile: 'panel', ip: '192.0.2.1', account: 'ana' };
const plain: KeyHashes = { hash: async (text) => ({ current: text }) };

describe('a login attempt', () => {
  let store: RateLimitStore;
  let asked: string[];
  let nowMs: number;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };
  const limiter = (hashes = plain) => {
    const listening = {
      take: (limit: RateLimit, key: string, cost?: number) => {
        asked.push(limit.name);
        return store.take(limit, key, cost);
      },
      refund: (limit: RateLimit, key: string, cost?: number) => store.refund(limit, key, cost),
    };
    return new LoginLimiter({ store: listening, hashes, limits, longestDelayMs: 1_000 });
  };
  const charge = (attempt: Partial<LoginAttempt> = {}) => limiter().charge({ ...ana, ...attempt });

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    asked = [];
    store = new MemoryRateLimits({ clock });
  });

  it('is charged to network, pair and account, in this order', async () => {
    expect(await charge()).toMatchObject({ kind: 'allowed', needsCaptcha: false, delayMs: 0 });
    expect(asked).toEqual(['ip', 'account-ip', 'account']);
  });

  it('against one account from one network is refused first', async () => {
    await charge();
    await charge();
    asked = [];
    expect(await charge()).toMatchObject({ kind: 'refused', by: 'account-ip', retryAfterMs: 60_000 });
    expect(asked).toEqual(['ip', 'account-ip']);
  });

  it('from one network against many accounts is refused by the network', async () => {
    for (const account of 'abcdef') await charge({ account });
    asked = [];
    expect(await charge({ account: 'g' })).toMatchObject({ kind: 'refused', by: 'ip', retryAfterMs: 60_000 });
    expect(asked).toEqual(['ip']);
  });

  it('against one account from many networks is slowed down and never refused', async () => {
    for (let host = 1; host <= 4; host += 1) await charge({ ip: `198.51.100.${host}` });
    for (let host = 5; host <= 50; host += 1) {
      const slowed = await charge({ ip: `198.51.100.${host}` });
      expect(slowed).toMatchObject({ kind: 'allowed', needsCaptcha: true, delayMs: 1_000 });
    }
  });

  it('of another profile has buckets of its own', async () => {
    await charge();
    await charge();
    expect(await charge({ profile: 'mapper' })).toMatchObject({ kind: 'allowed' });
  });

  it('with the right password gives the account its charge back, and the network nothing', async () => {
    for (let round = 0; round < 6; round += 1) {
      const attempt = { ...ana, account: `user ${round}` };
      const charged = await limiter().charge(attempt);
      await limiter().refundAccount(attempt, charged);
    }
    expect(await charge()).toMatchObject({ kind: 'refused', by: 'ip' });
    const [, , account] = loginBuckets({ ...ana, account: 'user 0' }, limits);
    expect(await store.take(account.limit, account.text, 4)).toMatchObject({ isAllowed: true });
  });

  it('with the right password from one network is not taken for guessing, however often', async () => {
    for (let round = 0; round < 6; round += 1) {
      const charged = await limiter().charge(ana);
      expect(charged).toMatchObject({ kind: 'allowed', needsCaptcha: false });
      await limiter().refundAccount(ana, charged);
    }
    expect(await charge()).toMatchObject({ kind: 'refused', by: 'ip' });
  });

  it('that was not charged to the account gives it nothing back', async () => {
    for (let host = 1; host <= 4; host += 1) await charge({ ip: `198.51.100.${host}` });
    const attempt = { ...ana, ip: '198.51.100.5' };
    await limiter().refundAccount(attempt, await limiter().charge(attempt));
    expect(await charge({ ip: '198.51.100.6' })).toMatchObject({ needsCaptcha: true });
  });

  it('under each spelling of account and address is the same', async () => {
    await charge({ account: 'Straße', ip: '2001:db8::1' });
    await charge({ account: ' STRASSE ', ip: '2001:DB8:0:0:ffff::2%eth0' });
    expect(await charge({ account: 'strasse', ip: '2001:db8::3' })).toMatchObject({ by: 'account-ip' });
  });

  it('tells of the network alone, and Retry-After agrees with it', async () => {
    const allowed = await charge();
    expect(allowed.headers).toEqual({
      'RateLimit-Policy': '"ip";q=60;w=3600',
      RateLimit: '"ip";r=5;t=60',
    });
    await charge();
    const refused = await charge();
    expect(refused.headers).toMatchObject({ RateLimit: '"ip";r=3;t=60', 'Retry-After': '60' });
    expect(JSON.stringify(refused.headers)).not.toContain('account');
  });

  it('is counted across one rotation of the salt', async () => {
    let hash = (text: string): { current: string; previous?: string } => ({ current: `old ${text}` });
    const rotating: KeyHashes = { hash: async (text) => hash(text) };
    await limiter(rotating).charge(ana);
    hash = (text) => ({ current: `new ${text}`, previous: `old ${text}` });
    expect(await limiter(rotating).charge(ana)).toMatchObject({ kind: 'allowed' });
    expect(await limiter(rotating).charge(ana)).toMatchObject({ kind: 'refused', by: 'account-ip' });
    hash = (text) => ({ current: `new ${text}` });
    expect(await limiter(rotating).charge(ana)).toMatchObject({ kind: 'allowed' });
    expect(await limiter(rotating).charge(ana)).toMatchObject({ kind: 'refused', by: 'account-ip' });
  });

  it.each(['', 'localhost', '192.0.2.1, 10.0.0.1', '::g'])('from %j is refused as a mistake', async (ip) => {
    await expect(charge({ ip })).rejects.toMatchObject({ code: 'USAGE' });
    expect(asked).toEqual([]);
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1/32'],
    ['::ffff:192.0.2.1', '192.0.2.1/32'],
    ['::ffff:c000:201', '192.0.2.1/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
  ])('%s is %s', (address, network) => expect(addressNetwork(address)).toBe(network));

  it('is as wide as it is told', () => {
    expect(addressNetwork('2001:db8:1:ff34::1', 56)).toBe('2001:db8:1:ff00::/56');
    expect(addressNetwork('2001:db8:1:ff34::1', 60)).toBe('2001:db8:1:ff30::/60');
  });
});

describe('the name of an account', () => {
  it.each([
    ['Ana', 'ANA'],
    ['ﬁona', 'FIONA'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['é', 'e\u0301'],
    ['\u3000ana\n', 'ana'],
  ])('%j and %j are one', (one, other) => expect(accountName(one)).toBe(accountName(other)));

  it('keeps different ones apart', () => expect(accountName('ana')).not.toBe(accountName('anna')));
});
