/** The policy of logins as a table. */
import type { RadiusLogin, SessionAnswer } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { decideGrant, decideLogin, type LoginFacts } from './login-policy.ts';
import { radiusReason } from './radius-reason.ts';
import { busyText, refusals, refusalText } from './refusal.ts';

const hash = '{ssha256}x';
const nt = 'f'.repeat(32);

function allowed(radiusSecretHash: string | null, ntHash: string | null): RadiusLogin {
  return {
    kind: 'allowed',
    vpnConnectionId: 7,
    status: 'CLAIMED',
    customerStatus: 'active',
    isRestricted: false,
    staticIp: null,
    downKbit: null,
    upKbit: null,
    credentials: { radiusSecretHash, ntHash },
  } as RadiusLogin;
}

const unknown: RadiusLogin = { kind: 'refused', because: 'unknown' };
const refusedAs = (because: 'disabled' | 'suspended' | 'deleted'): RadiusLogin => ({
  kind: 'refused',
  because,
  vpnConnectionId: 7,
});

/** A login of a device that is known, with the right password. */
const good: LoginFacts = {
  isComplete: true,
  isNasKnown: true,
  login: allowed(hash, nt),
  credential: 'radius-secret',
  password: 'right',
};
const unchecked = { password: 'unchecked' } as const;
const checkedBefore = { credential: 'none', ...unchecked } as const;
const nobody = { login: unknown, password: 'wrong' } as const;
const act = (kind: string) => [{ kind, vpnConnectionId: 7 }];

describe('the policy of logins', () => {
  it.each([
    // reason, facts that differ, actions or the refusal
    ['login', {}, act('acquire')],
    ['login', { password: 'wrong' }, 'wrong-password'],
    ['login', unchecked, 'wrong-password'],
    ['login', { login: allowed(null, nt) }, 'no-credentials'],
    ['login', { login: allowed(null, nt), password: 'wrong' }, 'no-credentials'],
    ['login', nobody, 'unknown-user'],
    ['login', { login: refusedAs('disabled'), password: 'wrong' }, 'disabled'],
    ['login', { login: refusedAs('suspended') }, 'suspended'],
    ['login', { login: refusedAs('deleted') }, 'deleted'],
    ['login', { isNasKnown: false }, 'unknown-nas'],
    ['login', { isNasKnown: false, ...nobody }, 'unknown-nas'],
    ['login', { isComplete: false }, 'incomplete-request'],
    ['login', { isComplete: false, isNasKnown: false, ...nobody }, 'incomplete-request'],
    ['post-auth', checkedBefore, act('acquire')],
    ['post-auth', { ...checkedBefore, login: allowed(null, null) }, act('acquire')],
    ['post-auth', { ...checkedBefore, login: unknown }, 'unknown-user'],
    ['post-auth', { ...checkedBefore, login: refusedAs('disabled') }, 'disabled'],
    ['post-auth', { ...checkedBefore, isNasKnown: false }, 'unknown-nas'],
    ['post-auth', { ...checkedBefore, isComplete: false }, 'incomplete-request'],
    ['authorize', unchecked, act('offer')],
    ['authorize', { ...unchecked, login: allowed(null, nt) }, 'no-credentials'],
    ['authorize', { ...unchecked, login: allowed(hash, null) }, act('offer')],
    ['authorize', { ...unchecked, credential: 'nt-hash', login: allowed(hash, null) }, 'no-credentials'],
    ['authorize', { ...unchecked, credential: 'nt-hash' }, act('offer')],
    ['authorize', { ...unchecked, login: unknown }, 'unknown-user'],
    ['authorize', { ...unchecked, login: refusedAs('suspended') }, 'suspended'],
    ['release-pending', checkedBefore, act('release-pending')],
    ['release-pending', { ...checkedBefore, login: refusedAs('disabled') }, act('release-pending')],
    ['release-pending', { ...checkedBefore, isNasKnown: false }, act('release-pending')],
  ] as const)('%s with %j: %j', (kind, facts, expected) => {
    const verdict = decideLogin(radiusReason(kind, '192.0.2.1'), { ...good, ...facts });
    if (typeof expected === 'string') expect(verdict).toEqual({ kind: 'refuse', because: expected });
    else expect(verdict).toMatchObject({ kind: 'act', actions: expected });
  });

  it('has nothing to take back for a name that nobody has', () => {
    expect(decideLogin(radiusReason('release-pending'), { ...good, login: unknown })).toMatchObject({
      kind: 'keep',
    });
  });
});

describe('the answer of truth', () => {
  const by = {
    sessionKey: 'k',
    gateway: 'gw',
    nasIp: '192.0.2.1',
    acctSessionId: null,
    acquiredAt: 1,
    expiresAt: 2,
    isConfirmed: true,
  };
  const grant = { holderToken: 't', expiresAt: 2, triggers: [] };

  it.each<[SessionAnswer, object]>([
    [
      { kind: 'granted', ...grant },
      { kind: 'accept', session: 'granted', holderToken: 't' },
    ],
    [
      { kind: 'same-session', ...grant },
      { kind: 'accept', session: 'same-session', holderToken: 't' },
    ],
    [
      { kind: 'taken-over', from: by, ...grant },
      { kind: 'accept', session: 'taken-over', holderToken: 't' },
    ],
    [
      { kind: 'busy', by, until: 2 },
      { kind: 'refuse', because: 'busy', by },
    ],
    [
      { kind: 'refused', because: 'unknown' },
      { kind: 'refuse', because: 'unknown-user' },
    ],
    [
      { kind: 'refused', because: 'disabled' },
      { kind: 'refuse', because: 'disabled' },
    ],
    [
      { kind: 'refused', because: 'suspended' },
      { kind: 'refuse', because: 'suspended' },
    ],
    [
      { kind: 'refused', because: 'deleted' },
      { kind: 'refuse', because: 'deleted' },
    ],
  ])('%j means %j', (answer, expected) => {
    expect(decideGrant(answer)).toEqual(expected);
  });
});

describe('what a refused user is told', () => {
  const texts = refusals
    .filter((because) => because !== 'busy')
    .map((because) => [because, refusalText(because)] as const);

  it('does not tell a wrong password from a user that nobody has', () => {
    const told = new Set((['unknown-user', 'wrong-password', 'no-credentials'] as const).map(refusalText));
    expect(told.size).toBe(1);
  });

  it.each(texts)('of %s is one sentence that fits into an attribute', (_because, text) => {
    expect(text).toMatch(/^[A-Z][^.%]*\.$/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(253);
  });

  it('tells of the other device since when and on what, and no address', () => {
    const since = Date.UTC(2026, 10, 21, 9, 5, 59);
    expect(busyText(since, 'mikrotik')).toBe(
      'This connection is in use by another device since 2026-11-21 09:05 UTC (mikrotik).',
    );
    expect(busyText(since, null)).toBe(
      'This connection is in use by another device since 2026-11-21 09:05 UTC.',
    );
  });
});
