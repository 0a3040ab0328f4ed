/** What is refused before anything is written, with the reason, and without a trace. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './index.ts';
import type { MakeDatabase } from './testing/engines.ts';
import { actor, edit, type TaskMutation } from './testing/task-world.ts';
import { useTasks } from './testing/use-tasks.ts';

/** What is wrong with a request, and how it is refused. */
const refusals: readonly (readonly [string, Partial<TaskMutation>, string])[] = [
  ['no id', { clientMutationId: undefined }, 'mutation-id-missing'],
  ['an id that is none', { clientMutationId: 'x'.repeat(36) }, 'mutation-id-missing'],
  [
    'a UUID of version 1',
    { clientMutationId: 'c232ab00-9414-11ec-b3c8-9f6bdeced846' },
    'mutation-id-missing',
  ],
  ['no version', { version: undefined }, 'version-missing'],
  ['a time for a version', { version: '2026-01-10T12:00:00.000Z' }, 'invalid'],
  ['a Date for a version', { version: new Date(0) }, 'invalid'],
  ['a text for a version', { version: '1' }, 'invalid'],
  ['a version that was never given out', { version: 0 }, 'invalid'],
  ['an id of no resource', { id: '99' }, 'not-found'],
  ['a hostile id', { id: "1' or '1'='1" }, 'not-found'],
  ['a second spelling of an id', { id: '01' }, 'not-found'],
  ['an id with a line break', { id: '1\n' }, 'not-found'],
  ['a reader', { actor: actor('u3', 'Rita', 'reader') }, 'forbidden'],
  ['an outsider', { actor: actor('u4', 'Otto', 'outsider') }, 'not-found'],
];

/** What is wrong with a patch, where, and under which code. */
const faults: readonly (readonly [string, JsonObject, string, string])[] = [
  ['an unknown field', { colour: 'red' }, '/colour', 'unknown-field'],
  ['a field of every object', { constructor: 'red' }, '/constructor', 'unknown-field'],
  ['a field that nobody edits', { project_id: 2 }, '/project_id', 'not-editable'],
  ['a value that is not allowed', { status: 'lost' }, '/status', 'not-a-status'],
  ['values that do not go together', { status: 'done' }, '', 'done-without-estimate'],
];

export function refusalContract(name: string, make: MakeDatabase): void {
  describe(`a mutation on ${name}`, () => {
    const { world } = useTasks(make);

    it.each(refusals)('with %s is refused and leaves no trace', async (_what, overrides, kind) => {
      const before = await world().everything();
      expect(await world().change(edit({ title: 'Oat milk' }, overrides))).toMatchObject({ kind });
      expect(await world().everything()).toEqual(before);
    });

    it.each(faults)('with %s is refused with the place of it', async (_what, patch, path, code) => {
      const before = await world().everything();
      expect(await world().change(edit(patch))).toEqual({ kind: 'invalid', issues: [{ path, code }] });
      expect(await world().everything()).toEqual(before);
    });
  });
}
