/** A conflict over one task, told as a list of events. */
import type { Answer } from '../answer/answer.ts';
import type { Conflict, ConflictContext, Theirs } from '../conflict/conflict.ts';
import type { ConflictEffect } from '../conflict/conflict-effect.ts';
import type { ConflictEvent } from '../conflict/conflict-event.ts';
import { reduceConflict } from '../conflict/reduce-conflict.ts';
import type { RecordSchema } from '../merge/record-schema.ts';
import type { JsonObject } from '../record/json.ts';

export const schema: RecordSchema = {
  fields: {
    title: { kind: 'text' },
    note: { kind: 'text' },
    secret: { kind: 'secret' },
    seen: { kind: 'number', isServerOwned: true },
  },
};
export const record = { kind: 'task', id: '17' };
export const base = { version: 41, value: { title: 'Milk', note: '', secret: { $secret: true }, seen: 1 } };
export const at = (version: number, value: JsonObject = {}): Theirs => ({
  version,
  value: { ...base.value, ...value },
});
export const gone: Theirs = { version: 43, value: undefined };
export const oats = at(43, { title: 'Oats' });
export const refused = (theirs: Theirs, patch: JsonObject = { title: 'Rice' }): ConflictEvent => ({
  ...{ kind: 'refused', record, base, patch, theirs },
});
export const latest = (theirs: Theirs, newId = 'n1'): ConflictEvent => ({ kind: 'latest', theirs, newId });
export const answered = (answer: Answer, clientMutationId = 'n1'): ConflictEvent => ({
  ...{ kind: 'answered', clientMutationId, answer },
});
export const conflictAt = (theirs: Theirs): Answer => ({
  ...{ kind: 'version-conflict', resource: record, changed: null, base: undefined },
  current: { version: theirs.version, value: theirs.value ?? {} },
});
export const apply: ConflictEvent = { kind: 'apply' };

export interface Story {
  readonly conflict: Conflict | undefined;
  /** Of the last event. */
  readonly effects: readonly ConflictEffect[];
  readonly all: readonly ConflictEffect[];
}

export function after(events: readonly ConflictEvent[], context: ConflictContext = { schema }): Story {
  let story: Story = { conflict: undefined, effects: [], all: [] };
  for (const event of events) {
    const { conflict, effects } = reduceConflict(context, story.conflict, event);
    story = { conflict, effects, all: [...story.all, ...effects] };
  }
  return story;
}

export const kindsOf = ({ effects }: Story) => effects.map(({ kind }) => kind);
export const sends = ({ all }: Story) => all.filter(({ kind }) => kind === 'send');
