/** The controller, event by event: which phase, what is done, and that nothing the user typed is lost on any way through it. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../record/json.ts';
import {
  after,
  answered,
  apply,
  at,
  base,
  gone,
  kindsOf,
  latest,
  oats,
  refused,
  schema,
  sends,
} from '../testing/conflict-story.ts';
import type { Theirs } from './conflict.ts';
import type { ConflictEvent } from './conflict-event.ts';

describe('a conflict', () => {
  it('opens with mine chosen, kept on disk', () => {
    const story = after([refused(oats)]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      isShown: true,
      choices: { title: { kind: 'mine' } },
    });
    expect(story.effects).toMatchObject([
      { kind: 'keep-draft', state: 'conflict', base, patch: { title: 'Rice' } },
      { kind: 'announce', message: 'opened' },
    ]);
  });

  it('reads the newest value, then sends only what is decided, on that version and under a new id', () => {
    const read = after([refused(oats), apply]);
    expect(read.effects).toEqual([{ kind: 'read-latest', atLeast: 43 }]);
    const sent = after([refused(oats), apply, latest(at(44, { title: 'Oats', note: 'n' }))]);
    expect(sent.effects).toMatchObject([
      {
        kind: 'keep-draft',
        state: 'sending',
        clientMutationId: 'n1',
        base: { version: 44 },
        patch: { title: 'Rice' },
      },
      { kind: 'send', clientMutationId: 'n1', version: 44, patch: { title: 'Rice' } },
    ]);
  });

  it('ends when it is applied, on the version that was made', () => {
    const value = { ...base.value, title: 'Rice' };
    const story = after([
      refused(oats),
      apply,
      latest(oats),
      answered({ kind: 'applied', id: '17', version: 44, value }),
    ]);
    expect(story.conflict).toBeUndefined();
    expect(story.effects).toEqual([
      { kind: 'delete-draft' },
      { kind: 'adopt', server: { version: 44, value }, base: { version: 44, value }, rest: {} },
      { kind: 'announce', message: 'applied' },
    ]);
  });

  it('is over without a request when nothing of mine is left', () => {
    const theirs: ConflictEvent = { kind: 'decided', row: 'title', choice: { kind: 'theirs' } };
    for (const story of [
      after([refused(oats), theirs, apply, latest(oats)]),
      after([refused(oats), apply, latest(at(44, { title: 'Rice' }))]),
    ]) {
      expect(story.conflict).toBeUndefined();
      expect(kindsOf(story)).toEqual(['delete-draft', 'adopt', 'announce']);
      expect(sends(story)).toEqual([]);
    }
  });

  it.each([
    ['another value of theirs', at(44, { title: 'Rye' })],
    ['a deletion', { version: 44, value: undefined }],
  ])('stays open when the newest value has %s', (_, theirs) => {
    const story = after([refused(oats), apply, latest(theirs)]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      isShown: true,
      theirs,
      patch: { title: 'Rice' },
    });
    expect(story.effects.at(-1)).toMatchObject({ kind: 'announce' });
    expect(sends(story)).toEqual([]);
  });

  it('takes a read that is older than the refusal once more, and then the refusal', () => {
    const once = after([refused(oats), apply, latest(at(42))]);
    expect(once.effects).toEqual([{ kind: 'read-latest', atLeast: 43 }]);
    const twice = after([refused(oats), apply, latest(at(42)), latest(at(42))]);
    expect(twice.effects.at(-1)).toMatchObject({ kind: 'send', version: 43, patch: { title: 'Rice' } });
  });

  it('follows news while it is open, and forgets what is older', () => {
    const told = (theirs: Theirs): ConflictEvent => ({ kind: 'server-told', theirs });
    const rye = at(45, { title: 'Rye' });
    const story = after([refused(oats), told(rye)]);
    expect(story.conflict?.merge.rows).toMatchObject([{ name: 'title', theirs: { title: 'Rye' } }]);
    expect(story.effects.at(-1)).toEqual({ kind: 'announce', message: 'changed-again' });
    expect(after([refused(oats), told(rye), told(oats)]).conflict?.theirs.version).toBe(45);
    expect(kindsOf(after([refused(oats), told(at(44, { title: 'Oats', note: 'n' }))]))).toEqual([
      'keep-draft',
    ]);
    expect(after([refused(oats), told({ version: 43, value: undefined })]).conflict?.merge.deletion).toBe(
      'theirs',
    );
  });

  it('takes a double click for one', () => {
    expect(after([refused(oats), apply, apply]).effects).toEqual([]);
    expect(sends(after([refused(oats), apply, latest(oats), apply, latest(oats, 'n2')]))).toHaveLength(1);
    expect(after([refused(oats), { kind: 'discard' }, { kind: 'discard' }]).effects).toEqual([]);
  });

  it('is one when two requests are refused at once, with what both wanted', () => {
    const second = refused(at(44, { title: 'Oats', note: 'theirs' }), { note: 'mine' });
    const { conflict } = after([refused(oats), second, refused(at(42), { note: 'mine' })]);
    expect(conflict).toMatchObject({ base, patch: { title: 'Rice', note: 'mine' }, theirs: { version: 44 } });
    expect(conflict?.merge.rows.map(({ name, state }) => [name, state])).toEqual([
      ['title', 'conflict'],
      ['note', 'conflict'],
    ]);
  });

  it('sends nothing that the validator refuses', () => {
    const issues = [{ path: '/title', code: 'too-plain' }];
    const validate = ({ title }: JsonObject) => (title === 'Rice' ? issues : []);
    const story = after([refused(oats), apply, latest(oats)], { schema, validate });
    expect(story.conflict).toMatchObject({ phase: 'choosing', problem: { kind: 'invalid', issues } });
    expect(sends(story)).toEqual([]);
  });

  it('can be discarded, and had back', () => {
    const discarded = after([refused(oats), { kind: 'discard' }]);
    expect(discarded.conflict).toMatchObject({ phase: 'discarded', isShown: false });
    expect(discarded.effects).toMatchObject([
      { kind: 'keep-draft', patch: { title: 'Rice' } },
      { kind: 'discard-draft' },
      { kind: 'adopt', server: { version: 43 }, rest: {} },
      { kind: 'announce', message: 'discarded' },
    ]);
    const back = after([refused(oats), { kind: 'discard' }, { kind: 'undo-discard' }]);
    expect(back.conflict).toMatchObject({ phase: 'choosing', isShown: true, patch: { title: 'Rice' } });
    expect(after([refused(oats), apply, latest(oats), { kind: 'discard' }]).conflict?.phase).toBe('sending');
  });

  it('can be closed and edited on, and sends nothing meanwhile', () => {
    const events: ConflictEvent[] = [
      refused(oats),
      { kind: 'keep-editing' },
      { kind: 'edited', patch: { note: 'n' } },
    ];
    const story = after(events);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      isShown: false,
      patch: { title: 'Rice', note: 'n' },
    });
    expect(story.effects).toMatchObject([{ kind: 'keep-draft', patch: { title: 'Rice', note: 'n' } }]);
    expect(after([...events, { kind: 'reopen' }]).conflict?.isShown).toBe(true);
  });

  it('takes what was typed last for a decision', () => {
    const theirs: ConflictEvent = { kind: 'decided', row: 'title', choice: { kind: 'theirs' } };
    const typed: ConflictEvent = { kind: 'edited', patch: { title: 'Rye' } };
    expect(after([refused(oats), theirs, typed]).conflict?.choices).toEqual({ title: { kind: 'mine' } });
    expect(after([refused(oats), theirs, apply, typed, latest(oats)]).effects.at(-1)).toMatchObject({
      patch: { title: 'Rye' },
    });
  });

  it('takes no secret for changed because an older conflict has marked it in the base', () => {
    const marked = { ...base.value, secret: { $secret: true, changed: true } };
    const event: ConflictEvent = { ...refused(oats), base: { version: 41, value: marked } } as ConflictEvent;
    expect(after([event]).conflict?.merge.rows.map(({ name }) => name)).toEqual(['title']);
  });

  it('asks about a secret that others may have changed since', () => {
    const typed = refused(oats, { secret: 'typed' });
    expect(sends(after([typed, apply, latest(oats)]))).toMatchObject([{ patch: { secret: 'typed' } }]);
    const unknown = after([typed, apply, latest(at(44, { title: 'Oats' }))]);
    expect(unknown.conflict?.merge.rows).toMatchObject([
      { name: 'title' },
      { name: 'secret', because: 'secret' },
    ]);
    const marked = at(43, { secret: { $secret: true, changed: true } });
    expect(after([refused(marked, { secret: 'typed' }), apply]).conflict).toMatchObject({
      problem: { kind: 'undecided' },
    });
    const again: ConflictEvent = {
      kind: 'decided',
      row: 'secret',
      choice: { kind: 'edited', value: { secret: 'again' } },
    };
    const sent = after([refused(marked, { secret: 'typed' }), again, apply, latest(at(43))]);
    expect(sent.effects.at(-1)).toMatchObject({ kind: 'send', patch: { secret: 'again' } });
  });
});

describe('a conflict over a record that was deleted', () => {
  it('opens, and applies nothing', () => {
    const story = after([refused(gone), apply]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      merge: { deletion: 'theirs', merged: { title: 'Rice' } },
    });
    expect(story.effects).toEqual([]);
  });

  it('can be made anew, under one id however often it is sent', () => {
    const events: ConflictEvent[] = [refused(gone), { kind: 'restore-as-new', newId: 'n1' }];
    expect(after(events).effects).toMatchObject([
      { kind: 'keep-draft', state: 'sending', clientMutationId: 'n1', isCreation: true },
      { kind: 'create', clientMutationId: 'n1', value: { title: 'Rice', note: '' } },
    ]);
    expect(JSON.stringify(after(events).effects[1])).not.toMatch(/seen|secret/);
    const lost = after([...events, answered({ kind: 'network-failure' }), { kind: 'retry-due' }]);
    expect(lost.effects[1]).toEqual(after(events).effects[1]);
    const made = after([
      ...events,
      answered({ kind: 'applied', id: '18', version: 1, value: { title: 'Rice' } }),
    ]);
    expect(made).toMatchObject({
      conflict: undefined,
      effects: [{}, { kind: 'adopt', id: '18', server: { version: 1 } }, {}],
    });
    const refusedThere = after([...events, answered({ kind: 'state-conflict', reason: 'X' })]);
    expect(refusedThere.conflict).toMatchObject({
      phase: 'choosing',
      theirs: gone,
      patch: { title: 'Rice' },
    });
  });

  it('can be discarded', () => {
    expect(after([refused(gone), { kind: 'discard' }]).effects[2]).toMatchObject({
      kind: 'adopt',
      server: undefined,
    });
  });

  it.each<[string, ConflictEvent]>([
    ['refusal', answered({ kind: 'deleted-conflict', deleted: undefined, last: undefined })],
    ['absence', answered({ kind: 'not-found' })],
  ])('is what a %s of the request makes of it', (_, event) => {
    const story = after([refused(oats), apply, latest(oats), event]);
    expect(story.conflict).toMatchObject({
      phase: 'choosing',
      theirs: { value: undefined },
      patch: { title: 'Rice' },
    });
    expect(story.effects.at(-1)).toEqual({ kind: 'announce', message: 'deleted' });
  });
});
