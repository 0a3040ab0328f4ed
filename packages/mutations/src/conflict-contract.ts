/** What a conflict tells, on any database: enough to merge, and nothing that its reader may not see. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Conflict, changesKept, type JsonObject, readChanges } from './index.ts';
import type { MakeDatabase } from './testing/engines.ts';
import {
  actor,
  addTask,
  ana,
  bruno,
  edit,
  type TaskMutation,
  type TaskWorld,
  tablesIn,
} from './testing/task-world.ts';
import { useTasks } from './testing/use-tasks.ts';

export function conflictContract(name: string, make: MakeDatabase, histories: number): void {
  describe(`a conflict on ${name}`, () => {
    const { world } = useTasks(make);

    it('is one success and fifteen conflicts for sixteen writers of one version, each told who changed what', async () => {
      const writers = Array.from({ length: 16 }, (_writer, place) =>
        edit({ title: `title ${place}` }, { actor: actor(`u${place}`, `User ${place}`) }),
      );
      const outcomes = await Promise.all(writers.map((writer) => world().change(writer)));
      expect(outcomes.filter(({ kind }) => kind === 'applied')).toHaveLength(1);
      const winner = outcomes.findIndex(({ kind }) => kind === 'applied');
      const conflicts = outcomes.filter((outcome) => outcome.kind === 'version-conflict');
      expect(conflicts).toHaveLength(15);
      for (const { conflict } of conflicts) {
        expect(conflict).toMatchObject({
          resource: { kind: 'task', id: '1' },
          sent: { version: 1 },
          current: { version: 2, etag: '"task-1.v2"', value: { title: `title ${winner}` } },
          changed: [{ path: '/title', version: 2, by: { id: `u${winner}`, name: `User ${winner}` } }],
          base: { version: 1, value: { title: 'Milk', status: 'open' } },
        });
      }
      expect(new Set(conflicts.map(({ conflict }) => conflict.conflictId)).size).toBe(15);
      expect((await world().everything()).receipts).toHaveLength(1);
    });

    it('has the same body for If-Match, and says where the version came from', async () => {
      await world().change(edit({ title: 'Oat milk' }));
      expect(await world().change(edit({ title: 'Rice' }, { precondition: 'if-match' }))).toMatchObject({
        kind: 'version-conflict',
        precondition: 'if-match',
        conflict: { current: { version: 2 } },
      });
    });

    it('tells a guest nothing of the fields that a guest does not see', async () => {
      await world().change(edit({ title: 'Oat milk', notes: 'from the corner', estimate: 3 }));
      const guest: TaskMutation['kind'] = { ...edit({}).kind, mayMutate: () => true };
      const conflict = await conflictFor(edit({}, { kind: guest, actor: actor('u9', 'Gus', 'guest') }));
      expect(conflict.current.value).toEqual({ title: 'Oat milk', status: 'open' });
      expect(conflict.changed?.map(({ path }) => path)).toEqual(['/title']);
      expect(conflict.base?.value).toEqual({ title: 'Milk', status: 'open' });
    });

    it('tells that a secret changed, and never what it is or was', async () => {
      await world().change(edit({ pin: 'first-secret' }));
      await world().change(edit({ pin: 'second-secret' }, { version: 2 }));
      const conflict = await conflictFor(edit({ title: 'Rice' }));
      expect(conflict.current.value.pin).toEqual({ $secret: true, changed: true });
      expect(conflict.base?.value.pin).toEqual({ $secret: true });
      expect(conflict.changed?.map(({ path }) => path)).toEqual(['/pin', '/pin']);
      const { log, receipts } = await world().everything();
      expect(JSON.stringify([conflict, log, receipts])).not.toMatch(/(?:first|second)-secret/);
      await world().change(edit({ title: 'Oat milk' }, { version: 3 }));
      const unmoved = await conflictFor(edit({ title: 'Rice' }, { version: 3 }));
      expect(unmoved.current.value.pin).toEqual({ $secret: true, changed: false });
    });

    it('does not tell what it does not know: a change past the log, and a version that nobody was given', async () => {
      await world().change(edit({ title: 'Oat milk' }));
      await tablesIn(world().truth.db)
        .updateTable('task')
        .set({ status: 'done', version: 3 } as never)
        .where('id', '=', 1)
        .execute();
      for (const version of [1, 2, 9]) {
        const conflict = await conflictFor(edit({ title: 'Rice' }, { version }));
        expect(conflict).toMatchObject({ changed: null, current: { version: 3, value: { status: 'done' } } });
        expect(conflict).not.toHaveProperty('base');
      }
    });

    it('tells who, and not what was there, when that was too large to keep', async () => {
      await world().change(edit({ notes: 'x'.repeat(8_500) }));
      await world().change(edit({ notes: 'short' }, { version: 2 }));
      const conflict = await conflictFor(edit({ title: 'Rice' }));
      expect(conflict.changed).toHaveLength(2);
      expect(conflict).not.toHaveProperty('base');
    });

    it('reaches back over fifty changes, and the log keeps little more', async () => {
      const changes = changesKept + 12;
      for (let version = 1; version <= changes; version += 1) {
        await world().change(
          edit({ estimate: version }, { version, actor: version % 2 === 0 ? ana : bruno }),
        );
      }
      const current = changes + 1;
      const oldest = current - changesKept;
      expect((await conflictFor(edit({ title: 'Rice' }, { version: oldest }))).changed).toHaveLength(
        changesKept,
      );
      expect(await conflictFor(edit({ title: 'Rice' }, { version: oldest - 1 }))).toMatchObject({
        changed: null,
      });
      const { log } = await world().everything();
      expect(log.length).toBeGreaterThanOrEqual(changesKept);
      expect(log.length).toBeLessThan(changesKept + 10);
      const told = await readChanges(world().truth.db, { kind: 'task', id: '1' }, { from: 0, to: current });
      expect(told.map(({ version }) => version)).toEqual(
        Array.from({ length: changesKept }, (_change, place) => oldest + 1 + place),
      );
    });

    it('has as its base what a reader of that version saw, whatever happened since', async () => {
      const patch = fc.record(
        {
          title: fc.constantFrom('Milk', 'Oat milk', 'Rice'),
          status: fc.constantFrom('open', 'done'),
          estimate: fc.integer({ min: 0, max: 3 }),
          notes: fc.string({ maxLength: 8 }),
        },
        { requiredKeys: ['estimate'] },
      );
      let taskId = 100;
      const property = fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 8 }), async (patches) => {
        taskId += 1;
        const seen = await live(taskId, patches);
        for (const version of seen.keys()) {
          if (version < seen.length - 1) await expectBase(String(taskId), version + 1, seen);
        }
      });
      await fc.assert(property, { numRuns: histories });
    });

    /** @returns what the task was at each of its versions */
    async function live(taskId: number, patches: readonly JsonObject[]): Promise<readonly JsonObject[]> {
      await addTask(world(), taskId);
      const seen: JsonObject[] = [await taskValue(world(), taskId)];
      for (const one of patches) {
        await world().change(edit(one, { id: String(taskId), version: seen.length }));
        const value = await taskValue(world(), taskId);
        if (JSON.stringify(value) !== JSON.stringify(seen.at(-1))) seen.push(value);
      }
      return seen;
    }

    async function expectBase(id: string, version: number, seen: readonly JsonObject[]): Promise<void> {
      const [then = {}, now = {}] = [seen[version - 1], seen.at(-1)];
      const { base, current, changed } = await conflictFor(edit({}, { id, version }));
      expect(base?.value).toMatchObject(then);
      expect(current.value).toMatchObject(now);
      const differing = Object.keys(then).filter((field) => then[field] !== now[field]);
      const paths = changed?.map(({ path }) => path.slice(1)) ?? [];
      expect(differing.filter((field) => !paths.includes(field))).toEqual([]);
    }

    async function conflictFor(mutation: TaskMutation): Promise<Conflict> {
      const outcome = await world().change(mutation);
      if (outcome.kind !== 'version-conflict') throw new Error(`it is ${outcome.kind}`);
      return outcome.conflict;
    }
  });
}

async function taskValue(world: TaskWorld, id: number): Promise<JsonObject> {
  const { id: _id, version: _version, pin: _pin, ...value } = (await world.task(id)) as Record<string, never>;
  return value;
}
