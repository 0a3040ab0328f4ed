/** Guessing passwords: from one place, from many, against one account and against all; and what a CAPTCHA lets through. */
import { randomUUID } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { defaultLoginLimits } from '@holdfast/runtime-stores';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginBrowser } from '../testing/login-browser.ts';
import { ana, type LoginWorld, loginWorld, password, solve } from '../testing/login-world.ts';
import { ownCaptcha } from './login-captcha.ts';

const address = (host: number) => `198.51.${100 + Math.floor(host / 250)}.${1 + (host % 250)}`;
const codesOf = async (attempts: readonly Promise<{ readonly body: { readonly code?: string } }>[]) =>
  (await Promise.all(attempts)).map(({ body }) => body.code ?? 'granted');

/** As they are, but that an account asks for a CAPTCHA after three guesses. */
const soonAsking = { ...defaultLoginLimits, account: { ...defaultLoginLimits.account, burst: 3 } };

describe('whoever guesses', () => {
  let world: LoginWorld;

  beforeEach(async () => {
    world = await loginWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('the password of one account from one place has five guesses, and is told when there is another', async () => {
    const browser = world.browser();
    const codes = [];
    for (let guess = 0; guess < 5; guess += 1)
      codes.push((await browser.login(ana, `guess ${guess}`)).body.code);
    expect(new Set(codes)).toEqual(new Set(['login_failed']));
    const limited = await browser.login(ana, password);
    expect(limited).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
    expect(limited.headers.get('retry-after')).toBe('180');
    expect(limited.headers.get('ratelimit')).toMatch(/^"login-ip";r=\d+;t=180$/);
    world.pass(180_000);
    expect((await browser.login(ana, password)).status).toBe(200);
  });

  it('costs no hash and no look-up once they are refused', async () => {
    const browser = world.browser();
    for (let guess = 0; guess < 5; guess += 1) await browser.login(ana, 'guess');
    const before = world.hashes();
    for (let guess = 0; guess < 5; guess += 1) await browser.login(ana, password);
    expect(world.hashes()).toBe(before);
  });

  it('under many spellings of an address guesses at one account', async () => {
    const browser = world.browser();
    const spellings = [
      ana,
      'ANA@EXAMPLE.COM',
      ' ana@example.com',
      'ana@ex\uFE0Fample.com', // the domain is the same without the variation selector
      'ana@ｅｘａｍｐｌｅ.com',
      'ana@example。com',
    ];
    const codes = [];
    for (const spelling of spellings) codes.push((await browser.login(spelling, 'guess')).body.code);
    expect(codes).toEqual([...Array(5).fill('login_failed'), 'quota_exceeded']);
  });

  it('at many accounts from one place is stopped by the quota of the place, whoever is unknown', async () => {
    const browser = world.browser();
    const codes = [];
    for (let user = 0; user < 31; user += 1)
      codes.push((await browser.login(`user${user}@example.com`, password)).body.code);
    expect(codes).toEqual([...Array(30).fill('login_failed'), 'quota_exceeded']);
    expect((await world.browser('2001:db8::1').login(ana, password)).status).toBe(200);
  });

  it('from one network of IPv6 is one, whatever address they take', async () => {
    const codes = [];
    for (let host = 0; host < 6; host += 1)
      codes.push((await world.browser(`2001:db8:0:7::${host}`).login(ana, 'guess')).body.code);
    expect(codes.at(-1)).toBe('quota_exceeded');
  });

  it('from many places is asked for a CAPTCHA and kept waiting, and so is the owner, but nobody is locked out', async () => {
    await guessFromManyPlaces(world, 15);
    const { body } = await world.browser(address(200)).login(ana, 'guess');
    expect(body).toMatchObject({ status: 401, code: 'captcha_required', captcha: 'required' });
    const owner = world.browser();
    expect((await owner.login(ana, password)).body.code).toBe('captcha_required');
    const before = world.slept.length;
    expect((await owner.login(ana, password, { captcha: await world.solvedCaptcha() })).status).toBe(200);
    expect(world.slept.slice(before)).toEqual([5_000]);
  });

  it('at an address that nobody has meets the same CAPTCHA at the same guess', async () => {
    const nobody = 'nobody@example.com';
    await guessFromManyPlaces(world, 15, nobody);
    expect((await world.browser(address(200)).login(nobody, 'guess')).body.code).toBe('captcha_required');
  });

  it('without solving a CAPTCHA costs the owner no try, and no hash', async () => {
    await guessFromManyPlaces(world, 15);
    const before = world.hashes();
    const owner = world.browser();
    for (let tries = 0; tries < 8; tries += 1) await owner.login(ana, password);
    expect(world.hashes()).toBe(before);
    expect((await owner.login(ana, password, { captcha: await world.solvedCaptcha() })).status).toBe(200);
  });

  it('behind one address with many who know their passwords gets in, as they do', async () => {
    const users = await Promise.all(
      Array.from({ length: 25 }, async (_, user) => {
        await world.customer(`user${user}@example.com`);
        return `user${user}@example.com`;
      }),
    );
    const codes = await codesOf(users.map((email) => world.browser().login(email, password)));
    expect(codes).toEqual(users.map(() => 'granted'));
  });

  it('who logs in often from one place is not taken for one', async () => {
    const codes = [];
    for (let login = 0; login < 12; login += 1)
      codes.push((await world.browser().login(ana, password)).body.code);
    expect(codes).toEqual(Array(12).fill(undefined));
  });
});

describe('whoever guesses with a CAPTCHA', () => {
  let world: LoginWorld;
  let captcha: string;
  let attackers: () => LoginBrowser;

  beforeEach(async () => {
    world = await loginWorld({ limits: soonAsking });
    await guessFromManyPlaces(world, 3);
    captcha = await world.solvedCaptcha();
    let host = 300;
    attackers = () => {
      host += 1;
      return world.browser(address(host));
    };
  });

  afterEach(() => world[Symbol.asyncDispose]());

  const attempt = async (typed: string, more: object = {}) =>
    (await attackers().login(ana, typed, { captcha, ...more })).body.code ?? 'granted';

  it('has one guess for each', async () => {
    expect(await attempt('guess')).toBe('login_failed');
    expect(await attempt(password)).toBe('captcha_invalid');
  });

  it('has one guess for each under one id of an attempt too, and the same guess again is the same', async () => {
    const attemptId = randomUUID();
    expect(await attempt('guess', { attemptId })).toBe('login_failed');
    expect(await attempt('guess', { attemptId })).toBe('login_failed');
    expect(await attempt(password, { attemptId })).toBe('captcha_invalid');
  });

  it('whose answer was lost gets in by the same attempt again', async () => {
    const attemptId = randomUUID();
    expect(await attempt(password, { attemptId })).toBe('granted');
    expect(await attempt(password, { attemptId })).toBe('granted');
    expect(await attempt(password)).toBe('captcha_invalid');
  });

  it('that many present at once lets one of them through', async () => {
    const codes = await codesOf(
      Array.from({ length: 10 }, () => attackers().login(ana, password, { captcha })),
    );
    expect(codes.toSorted()).toEqual([...Array(9).fill('captcha_invalid'), 'granted']);
    const families = await world.truth.db.selectFrom('token_families').select('family_id').execute();
    expect(families).toHaveLength(1);
  });

  it.each([
    ['garbage', async () => 'bm8gY2FwdGNoYQ=='],
    [
      'of another panel',
      async () =>
        solve(await ownCaptcha({ ...easy, secret: 'another secret of ours' }).offer(world.clock.wallMs())),
    ],
    [
      'for another page',
      async () => solve({ provider: 'altcha', challenge: await challengeFor('register:panel') }),
    ],
    ['of yesterday', async () => solve(await world.logins.captcha()).finally(() => world.pass(301_000))],
  ])('%s is refused before the password is looked at, and nothing is written of it', async (_what, make) => {
    captcha = await make();
    for (let refill = 0; refill < 4; refill += 1) await attackers().login(ana, 'guess');
    const before = world.hashes();
    expect(await attempt(password)).toBe('captcha_invalid');
    expect(world.hashes()).toBe(before);
    expect(await world.truth.db.selectFrom('captcha_claims').selectAll().execute()).toEqual([]);
  });

  it('is not looked at where none was asked', async () => {
    await world.customer('bruno@example.com');
    const used = await world.browser().login('bruno@example.com', password, { captcha: 'rubbish' });
    expect(used.status).toBe(200);
  });
});

async function guessFromManyPlaces(world: LoginWorld, guesses: number, email = ana): Promise<void> {
  for (let host = 0; host < guesses; host += 1) await world.browser(address(host)).login(email, 'guess');
}

const easy = { secret: 'a secret of sixteen characters', cost: 1, keyPrefix: '0' } as const;

async function challengeFor(scope: string) {
  const { altchaCaptcha } = await import('@holdfast/runtime-stores');
  return JSON.parse(JSON.stringify(await altchaCaptcha(easy).challenge(scope, Date.now())));
}

describe('the limits of logins', () => {
  it('that cannot be counted let few through, and then nobody', async () => {
    await using world = await loginWorld();
    const browser = world.browser('203.0.113.9');
    await browser.login('somebody@example.com', 'guess');
    Object.assign(world.truth, {
      transaction: () => Promise.reject(new HoldfastError('DATABASE_BUSY', 'somebody else writes')),
    });
    const codes = [];
    for (let tries = 0; tries < 3; tries += 1) codes.push((await browser.login(ana, 'guess')).body.code);
    expect(codes).toEqual(['login_failed', 'unavailable', 'unavailable']);
    expect(world.logged.filter((line) => line.includes('login limits cannot be counted'))).not.toEqual([]);
  });
});
