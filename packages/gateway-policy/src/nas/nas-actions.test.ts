/** What NASes are asked, as a table: rows of truth in, requests out. */
import { createSecretKey } from 'node:crypto';
import {
  disconnectedMark,
  type EndedNasSession,
  type NasProfile,
  type NasSession,
  type NasSnapshot,
} from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { longestRetryMs, silenceRetryMs } from './ask-again.ts';
import { nasActions } from './nas-actions.ts';
import { nasMarkOf } from './nas-mark.ts';
import { outcomeOf, settlementOf } from './nas-outcome.ts';
import { nasAttributesOf } from './nas-profile.ts';

const at = Date.UTC(2026, 0, 10, 12);
const nasIp = '192.0.2.1';
const open = { isRestricted: false, downKbit: null, upKbit: null };

function session(row: Partial<NasSession> = {}): NasSession {
  return {
    id: 1,
    vpnConnectionId: 7,
    holderToken: 'token',
    nasIp,
    userName: 'ana',
    acctSessionId: 's-1',
    framedIp: '198.51.100.7',
    status: 'CLAIMED',
    customerStatus: 'active',
    ...open,
    nasApplied: null,
    ...row,
  };
}

function ended(row: Partial<EndedNasSession> = {}): EndedNasSession {
  const { id, vpnConnectionId, holderToken, userName, acctSessionId, framedIp } = session();
  const subject = { id, vpnConnectionId, holderToken, nasIp, userName, acctSessionId, framedIp };
  return { ...subject, hasSuccessor: false, successorId: null, ...row };
}

function snapshot(parts: Partial<NasSnapshot>, profile: NasProfile | null = 'mikrotik'): NasSnapshot {
  const secret = createSecretKey('secret', 'utf8');
  const gateway = { name: 'gw1', profile, port: 3799, secret, addresses: [nasIp] };
  return { gateway, sessions: [], ended: [], silences: [], answers: [], ...parts };
}

function dueFor(row: Partial<NasSession>, profile: NasProfile | null = 'mikrotik') {
  return nasActions(snapshot({ sessions: [session(row)] }, profile), at).due;
}

const text = (attributes: readonly { readonly name: string; readonly value: unknown }[]) =>
  attributes.map(({ name, value }) => `${name}=${value}`);

describe('a session that truth holds', () => {
  it.each([
    ['of a disabled connection', { status: 'DISABLED' as const }],
    ['of a suspended customer', { customerStatus: 'suspended' as const }],
    ['of a deleted customer', { customerStatus: 'deleted' as const }],
  ])('%s is to be disconnected, whatever its NAS was told', (_name, row) => {
    for (const profile of [null, 'mikrotik', 'strongswan'] as const) {
      expect(dueFor({ ...row, nasApplied: 'x' }, profile)).toMatchObject([
        { kind: 'disconnect', isHeld: true, mark: disconnectedMark },
      ]);
    }
    const [action] = dueFor(row);
    expect(text(action?.attributes ?? [])).toEqual(['User-Name=ana', 'Acct-Session-Id=s-1']);
  });

  it('whose attributes are those that its NAS acknowledged is left alone', () => {
    const policy = { isRestricted: true, downKbit: 20_000, upKbit: null };
    const nasApplied = nasMarkOf(nasAttributesOf('mikrotik', policy));
    expect(dueFor({ ...policy, nasApplied })).toEqual([]);
    for (const change of [{ isRestricted: false }, { downKbit: 20_001 }, { upKbit: 1 }]) {
      expect(dueFor({ ...policy, ...change, nasApplied })).toMatchObject([{ kind: 'coa' }]);
    }
  });

  it('that is open and unlimited is nothing to tell a NAS that was told nothing', () => {
    expect(dueFor({ nasApplied: null })).toEqual([]);
    expect(dueFor({ isRestricted: true, nasApplied: null })).toMatchObject([{ kind: 'coa' }]);
    expect(dueFor({ nasApplied: 'what it had before' })).toMatchObject([{ kind: 'coa' }]);
  });

  it.each([
    ['filter', open, ['Filter-Id=holdfast-open']],
    ['filter', { ...open, isRestricted: true }, ['Filter-Id=holdfast-restricted']],
    [
      'wispr',
      { isRestricted: false, downKbit: 20_000, upKbit: null },
      ['Filter-Id=holdfast-open', 'WISPr-Bandwidth-Max-Down=20000000', 'WISPr-Bandwidth-Max-Up=4294967295'],
    ],
    [
      'wispr',
      { isRestricted: false, downKbit: 10_000_000, upKbit: 1 },
      ['Filter-Id=holdfast-open', 'WISPr-Bandwidth-Max-Down=4294967295', 'WISPr-Bandwidth-Max-Up=1000'],
    ],
    [
      'mikrotik',
      { isRestricted: false, downKbit: 20_000, upKbit: 5_000 },
      ['Filter-Id=holdfast-open', 'Mikrotik-Rate-Limit=5000k/20000k'],
    ],
    ['mikrotik', open, ['Filter-Id=holdfast-open', 'Mikrotik-Rate-Limit=0/0']],
    ['strongswan', { ...open, isRestricted: true }, []],
    [null, { ...open, isRestricted: true }, []],
  ] as const)('is described to a NAS of profile %s in full: %j', (profile, policy, attributes) => {
    expect(text(nasAttributesOf(profile, policy))).toEqual(attributes);
    const [action] = dueFor({ ...policy, nasApplied: 'other' }, profile);
    const sent = ['User-Name=ana', 'Acct-Session-Id=s-1', ...attributes];
    expect(action === undefined ? [] : text(action.attributes)).toEqual(attributes.length === 0 ? [] : sent);
  });

  it.each([
    [{}, ['User-Name=ana', 'Acct-Session-Id=s-1']],
    [{ userName: null }, ['Acct-Session-Id=s-1']],
    [{ acctSessionId: null }, ['User-Name=ana', 'Framed-IP-Address=198.51.100.7']],
    [{ acctSessionId: '', framedIp: null }, ['User-Name=ana']],
    [{ acctSessionId: 'é'.repeat(127) }, ['User-Name=ana', 'Framed-IP-Address=198.51.100.7']],
    [{ acctSessionId: null, framedIp: 'nonsense' }, ['User-Name=ana']],
  ])('is named by the fewest attributes that are exact: %j', (row, attributes) => {
    const [action] = dueFor({ ...row, status: 'DISABLED' });
    expect(text(action?.attributes ?? [])).toEqual(attributes);
  });

  it('that nobody can be asked about is a warning instead', () => {
    const disabled = { status: 'DISABLED' as const };
    const warnings = (parts: Partial<NasSnapshot>) => {
      const { due, warnings: said } = nasActions(snapshot(parts), at);
      expect(due).toEqual([]);
      return said;
    };
    const sessions = [session(disabled), session(disabled)];
    expect(warnings({ sessions, gateway: { ...snapshot({}).gateway, secret: null } })).toEqual([
      'the NAS of 2 sessions of gw1 cannot be told: the gateway has no CoA secret',
    ]);
    expect(warnings({ sessions: [session({ ...disabled, nasIp: '192.0.2.9' })] })).toEqual([
      'the NAS of a session of gw1 cannot be told: 192.0.2.9 is no NAS address of the gateway',
    ]);
    expect(warnings({ sessions: [session({ ...disabled, nasIp: 'nas.example' })] })).toEqual([
      'the NAS of a session of gw1 cannot be told: "nas.example" is not an address',
    ]);
    expect(warnings({ sessions: [session({ ...disabled, userName: null, acctSessionId: null })] })).toEqual([
      'the NAS of a session of gw1 cannot be told: neither user nor Acct-Session-Id are known',
    ]);
    expect(warnings({ ended: [ended()], gateway: { ...snapshot({}).gateway, secret: null } })).toEqual([]);
  });
});

describe('a session that ended without its NAS', () => {
  const decide = (row: Partial<EndedNasSession>, profile: NasProfile | null = null) => {
    const { due, superseded } = nasActions(snapshot({ ended: [ended(row)] }, profile), at);
    expect(due.length + superseded.length).toBe(1);
    return due.length === 1 ? 'told' : 'superseded';
  };

  it('is told to it', () => {
    const { due } = nasActions(snapshot({ ended: [ended()] }), at);
    expect(due).toMatchObject([{ kind: 'disconnect', isHeld: false }]);
    expect(text(due[0]?.attributes ?? [])).toEqual(['User-Name=ana', 'Acct-Session-Id=s-1']);
  });

  it('is not where the session after it would end as well', () => {
    const next = { hasSuccessor: true, successorId: 's-2' };
    expect(decide(next)).toBe('told');
    expect(decide({ ...next, acctSessionId: null })).toBe('superseded');
    expect(decide({ ...next, acctSessionId: 's-2' })).toBe('superseded');
    expect(decide(next, 'strongswan')).toBe('superseded');
    expect(decide({}, 'strongswan')).toBe('told');
    expect(decide({ hasSuccessor: true, successorId: null })).toBe('told');
  });
});

describe('what was asked before', () => {
  const disabled = session({ status: 'DISABLED' });
  const answer = (asked: string, retryAt: number, errorCause: number | null = 501) => ({
    holderToken: 'token',
    asked,
    errorCause,
    retryAt,
  });
  const decide = (parts: Partial<NasSnapshot>) => {
    const { due, deferred } = nasActions(snapshot({ sessions: [disabled], ...parts }), at);
    return [due.length, deferred.map(({ because }) => because)];
  };

  it('of a NAS that was silent waits until its time', () => {
    const silence = (retryAt: number) => ({ silences: [{ nasIp, runs: 1, retryAt }] });
    expect(decide(silence(at + 1))).toEqual([0, ['silent']]);
    expect(decide(silence(at))).toEqual([1, []]);
    expect(decide({ silences: [{ nasIp: '192.0.2.2', runs: 1, retryAt: at + 1 }] })).toEqual([1, []]);
  });

  it('and refused waits too, but not what is wanted now instead', () => {
    expect(decide({ answers: [answer(disconnectedMark, at + 1)] })).toEqual([0, ['refused']]);
    expect(decide({ answers: [answer(disconnectedMark, at)] })).toEqual([1, []]);
    expect(decide({ answers: [answer('attributes', at + 1)] })).toEqual([1, []]);
  });

  it('and acknowledged waits for its Stop, then is asked again', () => {
    const ending = { sessions: [session({ status: 'DISABLED', nasApplied: disconnectedMark })] };
    expect(decide({ ...ending, answers: [answer(disconnectedMark, at + 1, null)] })).toEqual([0, []]);
    expect(decide({ ...ending, answers: [answer(disconnectedMark, at, null)] })).toEqual([1, []]);
    expect(decide(ending)).toEqual([1, []]);
  });

  it('waits for no time that only a clock that was set back could have written', () => {
    const far = at + longestRetryMs + 1;
    expect(decide({ silences: [{ nasIp, runs: 1, retryAt: far }] })).toEqual([1, []]);
    expect(decide({ answers: [answer(disconnectedMark, far)] })).toEqual([1, []]);
  });

  it('waits longer with each run in which the NAS is silent, and never longer than ten minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 1_000].map(silenceRetryMs)).toEqual([
      30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000,
    ]);
  });
});

describe('an answer', () => {
  const [held] = dueFor({ status: 'DISABLED' });
  const [coa] = dueFor({ isRestricted: true });
  const [unnamed] = dueFor({ status: 'DISABLED', acctSessionId: null });
  const [told] = nasActions(snapshot({ ended: [ended()] }), at).due;
  const actions = { held, coa, unnamed, told };

  const settled = (
    which: keyof typeof actions,
    answerOf: Parameters<typeof outcomeOf>[1],
    profile: NasProfile | null = null,
  ) => {
    const action = actions[which];
    if (action === undefined) throw new Error('nothing was due');
    const settlement = settlementOf(action, outcomeOf(action, answerOf, profile), at);
    return settlement?.kind === 'told' ? settlement.as : settlement?.kind;
  };
  const nak = (errorCause: number | null) => ({ kind: 'nak', errorCause }) as const;

  it.each([
    ['held', 'ending'],
    ['unnamed', 'ending'],
    ['coa', 'applied'],
    ['told', 'acked'],
  ] as const)('that acknowledges it (%s) leaves the session %s', (which, kind) => {
    expect(settled(which, { kind: 'ack' })).toBe(kind);
  });

  it('that there is no such session ends it only where it was named exactly', () => {
    expect(settled('held', nak(503))).toBe('gone');
    expect(settled('coa', nak(503))).toBe('gone');
    expect(settled('told', nak(503))).toBe('gone');
    expect(settled('unnamed', nak(503))).toBe('put-off');
  });

  it('says so in the words of its maker', () => {
    expect(settled('held', nak(406), 'mikrotik')).toBe('gone');
    expect(settled('coa', nak(406), 'mikrotik')).toBe('put-off');
    expect(settled('held', nak(406))).toBe('put-off');
    expect(settled('told', nak(null), 'strongswan')).toBe('gone');
    expect(settled('told', nak(null))).toBe('put-off');
  });

  it('that is none puts it off, and none at all in time changes nothing', () => {
    for (const kind of ['silent', 'refused'] as const) expect(settled('held', { kind })).toBe('put-off');
    expect(settled('held', nak(501))).toBe('put-off');
    expect(settled('held', { kind: 'unfinished' })).toBeUndefined();
  });
});
