/** What each answer makes of a conflict that was applied. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../answer/answer.ts';
import {
  after,
  answered,
  apply,
  at,
  base,
  conflictAt,
  kindsOf,
  latest,
  oats,
  refused,
  sends,
} from '../testing/conflict-story.ts';
import type { ConflictEvent } from './conflict-event.ts';

describe('the answer to a request of a conflict', () => {
  it('is sent again without asking while nothing overlaps, three times at most', () => {
    const round = (version: number): ConflictEvent[] => {
      const theirs = at(version, { title: 'Oats', note: `n${version}` });
      return [
        latest(theirs, `i${version}`),
        answered(conflictAt(at(version + 1, { title: 'Oats' })), `i${version}`),
      ];
    };
    const story = after([refused(oats), apply, ...[44, 45, 46, 47].flatMap(round)]);
    expect(sends(story)).toMatchObject([{ version: 44 }, { version: 45 }, { version: 46 }, { version: 47 }]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      isShown: true,
      problem: { kind: 'too-many-tries' },
    });
    expect(after([refused(oats), apply, ...[44, 45, 46].flatMap(round)]).effects).toMatchObject([
      { kind: 'read-latest' },
    ]);
  });

  it('asks again when a second refusal overlaps', () => {
    const story = after([refused(oats), apply, latest(oats), answered(conflictAt(at(44, { title: 'Rye' })))]);
    expect(story.conflict).toMatchObject({ phase: 'choosing', theirs: { version: 44 } });
    expect(story.conflict).not.toHaveProperty('request');
  });

  it('ignores answers that come late', () => {
    const applied: Answer = { kind: 'applied', id: '17', version: 44, value: {} };
    expect(after([refused(oats), answered(applied)]).conflict).toMatchObject({ phase: 'choosing' });
    expect(after([refused(oats), apply, latest(oats), answered(applied, 'old')]).conflict?.phase).toBe(
      'sending',
    );
    expect(after([answered(applied)]).conflict).toBeUndefined();
  });

  it.each<[string, Answer]>([
    ['a lost answer', { kind: 'network-failure' }],
    ['a busy server', { kind: 'busy', retryAfterMs: 2_000 }],
    ['a limit', { kind: 'quota-exceeded', retryAfterMs: 2_000 }],
    ['a request on its way', { kind: 'mutation-in-flight', retryAfterMs: 1_000 }],
  ])('sends the same once more after %s', (_, answer) => {
    const events = [refused(oats), apply, latest(oats), answered(answer)];
    expect(after(events)).toMatchObject({
      conflict: { phase: 'waiting' },
      effects: [{ kind: 'wait', answer, attempt: 1 }],
    });
    const [first, second] = sends(after([...events, { kind: 'retry-due' }]));
    expect(second).toEqual(first);
    const again = after([...events, { kind: 'retry-due' }, answered(answer)]);
    expect(again.effects).toMatchObject([{ kind: 'wait', attempt: 2 }]);
  });

  it('reads once more after a read that failed', () => {
    const events: ConflictEvent[] = [
      refused(oats),
      apply,
      { kind: 'read-failed', answer: { kind: 'network-failure' } },
    ];
    expect(kindsOf(after(events))).toEqual(['wait']);
    expect(kindsOf(after([...events, { kind: 'retry-due' }]))).toEqual(['read-latest']);
  });

  it('keeps everything when the session is over, and goes on after a new login', () => {
    const events = [refused(oats), apply, latest(oats), answered({ kind: 'signed-out' })];
    const story = after(events);
    expect(story).toMatchObject({
      conflict: { phase: 'signed-out', patch: { title: 'Rice' } },
      effects: [{ kind: 'ask-sign-in' }],
    });
    expect(sends(after([...events, { kind: 'signed-in' }]))).toMatchObject([
      { clientMutationId: 'n1' },
      { clientMutationId: 'n1' },
    ]);
    const reading: ConflictEvent[] = [
      refused(oats),
      apply,
      { kind: 'read-failed', answer: { kind: 'signed-out' } },
    ];
    expect(kindsOf(after([...reading, { kind: 'signed-in' }]))).toEqual(['read-latest']);
  });

  it.each<[Answer, string]>([
    [{ kind: 'forbidden' }, 'forbidden'],
    [{ kind: 'state-conflict', reason: 'EMAIL_TAKEN' }, 'state-conflict'],
    [{ kind: 'invalid', issues: [] }, 'invalid'],
    [{ kind: 'mutation-id-reused' }, 'mutation-id-reused'],
    [{ kind: 'unexpected' }, 'unexpected'],
  ])('comes back to the user with everything after %j', (answer, kind) => {
    const story = after([refused(oats), apply, latest(oats), answered(answer)]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      isShown: true,
      patch: { title: 'Rice' },
      problem: { kind },
    });
    expect(story.effects[0]).toMatchObject({
      kind: 'keep-draft',
      state: 'conflict',
      patch: { title: 'Rice' },
    });
  });

  it('leaves what is typed while it is sent to be edited on', () => {
    const typed: ConflictEvent = { kind: 'edited', patch: { note: 'later' } };
    const applied: Answer = {
      kind: 'replayed',
      from: 'current',
      ...{ id: '17', version: 46, value: base.value },
    };
    const events = [refused(oats), apply, latest(oats), typed];
    const story = after([...events, answered(applied)]);
    expect(after(events).effects).toMatchObject([
      { kind: 'keep-draft', state: 'sending', patch: { title: 'Rice' }, later: { note: 'later' } },
    ]);
    expect(story.effects[0]).toMatchObject({
      kind: 'keep-draft',
      state: 'editing',
      base: { version: 44 },
      patch: { note: 'later' },
    });
    expect(story.effects[1]).toMatchObject({
      kind: 'adopt',
      server: { version: 46 },
      base: { version: 44 },
      rest: { note: 'later' },
    });
  });
});
