/** The accounting policy as a table: kind, what truth knows and has said, verdict. */
import { describe, expect, it } from 'vitest';
import { type AccountingFacts, accountingPolicy } from './accounting-policy.ts';
import { radiusReason } from './radius-reason.ts';

const ordinary: AccountingFacts = {
  nas: 'known',
  connection: 'allowed',
  isNamed: true,
  hasSessionKey: true,
  isNews: false,
  session: 'unasked',
};

type Kind = Parameters<typeof accountingPolicy>[0]['kind'];

function verdictOf(kind: Kind, facts: Partial<AccountingFacts>): string {
  const verdict = accountingPolicy(radiusReason(kind), { ...ordinary, ...facts });
  const done = verdict.kind === 'act' ? verdict.actions.map((action) => action.kind).join('+') : verdict.kind;
  return `${done}: ${verdict.because}`;
}

type Row = readonly [Kind, Partial<AccountingFacts>, string];

/** One line each: what is not said is as in `ordinary`. */
const table: readonly Row[] = [
  ['start', {}, 'confirm: alive'],
  ['start', { connection: 'refused' }, 'confirm: alive'],
  ['start', { nas: 'unknown' }, 'confirm: alive'],
  ['start', { hasSessionKey: false }, 'confirm: alive'],
  ['start', { session: 'ended' }, 'keep: ended'],
  ['start', { session: 'ended', connection: 'refused' }, 'keep: ended'],
  ['start', { session: 'absent' }, 'adopt: adopted'],
  ['start', { session: 'stale' }, 'adopt: adopted'],
  ['start', { session: 'absent', connection: 'refused' }, 'disown: not-allowed'],
  ['start', { session: 'stale', connection: 'refused' }, 'disown: not-allowed'],
  ['start', { session: 'busy' }, 'disown: conflict'],
  ['start', { session: 'busy', connection: 'refused' }, 'disown: conflict'],
  ['start', { session: 'absent', nas: 'unknown' }, 'refuse: unknown-nas'],
  ['start', { session: 'busy', nas: 'unknown' }, 'refuse: conflict'],
  ['start', { session: 'absent', connection: 'refused', nas: 'unknown' }, 'refuse: not-allowed'],
  ['start', { session: 'absent', hasSessionKey: false }, 'refuse: nameless'],
  ['start', { session: 'busy', hasSessionKey: false }, 'refuse: conflict'],
  ['start', { connection: 'unknown' }, 'refuse: unknown-user'],
  ['start', { isNamed: false }, 'refuse: nameless'],

  ['interim', {}, 'extend: alive'],
  ['interim', { isNews: true }, 'confirm: alive'],
  ['interim', { connection: 'refused' }, 'extend: alive'],
  ['interim', { session: 'ended' }, 'keep: ended'],
  ['interim', { session: 'absent' }, 'adopt: adopted'],
  ['interim', { session: 'absent', isNews: true }, 'adopt: adopted'],
  ['interim', { session: 'stale' }, 'adopt: adopted'],
  ['interim', { session: 'absent', connection: 'refused' }, 'disown: not-allowed'],
  ['interim', { session: 'busy' }, 'disown: conflict'],
  ['interim', { session: 'absent', nas: 'unknown' }, 'refuse: unknown-nas'],
  ['interim', { connection: 'unknown' }, 'refuse: unknown-user'],
  ['interim', { isNamed: false }, 'refuse: nameless'],

  ['stop', {}, 'release: stopped'],
  ['stop', { connection: 'refused' }, 'release: stopped'],
  ['stop', { nas: 'unknown' }, 'release: stopped'],
  ['stop', { session: 'ended' }, 'keep: ended'],
  ['stop', { session: 'absent' }, 'remember-stop: unknown-session'],
  ['stop', { session: 'busy' }, 'remember-stop: unknown-session'],
  ['stop', { session: 'stale' }, 'remember-stop: unknown-session'],
  ['stop', { session: 'absent', hasSessionKey: false }, 'keep: unknown-session'],
  ['stop', { connection: 'unknown' }, 'refuse: unknown-user'],
  ['stop', { isNamed: false }, 'refuse: nameless'],

  ['nas-on', {}, 'release-nas: began-anew'],
  ['nas-off', {}, 'release-nas: began-anew'],
  ['nas-on', { nas: 'unknown' }, 'refuse: unknown-nas'],
  ['nas-off', { nas: 'unknown' }, 'refuse: unknown-nas'],

  ['other', {}, 'keep: unknown-kind'],
  ['other', { nas: 'unknown', connection: 'unknown', isNamed: false }, 'keep: unknown-kind'],
];

describe('the accounting policy', () => {
  it.each(table)('%s %j: %s', (kind, facts, verdict) => {
    expect(verdictOf(kind, facts)).toBe(verdict);
  });

  const everything = allFacts();
  const kinds: readonly Kind[] = ['start', 'interim', 'stop', 'nas-on', 'nas-off', 'other'];
  const all = kinds.flatMap((kind) =>
    everything.map((facts) => ({ kind, facts, verdict: verdictOf(kind, facts) })),
  );

  it('ends a session for its own Stop and for its NAS alone', () => {
    const ending = all.filter(({ verdict }) => /^release/.test(verdict));
    expect(new Set(ending.map(({ kind }) => kind))).toEqual(new Set(['stop', 'nas-on', 'nas-off']));
  });

  it('changes nothing of a session while another is held', () => {
    const busy = all.filter(({ facts, kind }) => facts.session === 'busy' && !kind.startsWith('nas'));
    expect(busy.filter(({ verdict }) => /^(confirm|extend|release|adopt)/.test(verdict))).toEqual([]);
  });

  it('begins a session for nobody who may not log in', () => {
    const refused = all.filter(({ facts }) => facts.connection !== 'allowed');
    expect(refused.filter(({ verdict }) => verdict.startsWith('adopt'))).toEqual([]);
  });

  it('keeps whatever comes of a session that has ended', () => {
    const ended = all.filter(
      ({ facts, kind }) =>
        facts.session === 'ended' && !kind.startsWith('nas') && facts.connection !== 'unknown',
    );
    expect(ended.filter(({ verdict }) => !/^(keep|refuse: nameless)/.test(verdict))).toEqual([]);
  });
});

/** Every combination of facts. */
function allFacts(): readonly AccountingFacts[] {
  const values: { readonly [Key in keyof AccountingFacts]: readonly AccountingFacts[Key][] } = {
    nas: ['known', 'unknown'],
    connection: ['unknown', 'allowed', 'refused'],
    session: ['unasked', 'ended', 'busy', 'stale', 'absent'],
    isNamed: [true, false],
    hasSessionKey: [true, false],
    isNews: [true, false],
  };
  const combined = Object.entries(values).reduce<readonly object[]>(
    (some, [key, choices]) => some.flatMap((one) => choices.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
  return combined as readonly AccountingFacts[];
}
