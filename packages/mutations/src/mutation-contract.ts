/** What a mutation does and what it is answered, on any database. */
import { randomUUID } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import type { Change } from './index.ts';
import type { MakeDatabase } from './testing/engines.ts';
import {
  actor,
  ana,
  bruno,
  edit,
  type TaskMutation,
  type TaskValue,
  taskKind,
} from './testing/task-world.ts';
import { useTasks } from './testing/use-tasks.ts';

const at = Date.UTC(2026, 0, 10, 12);
const clock = {
  wallMs: () => at,
  monotonicMs: () => performance.now(),
  sleep: () => Promise.resolve(),
};

export function mutationContract(name: string, make: MakeDatabase): void {
  describe(`a mutation on ${name}`, () => {
    const told: unknown[] = [];
    const { world } = useTasks(make, { clock, onCommit: (change) => told.push(change) });

    it('is written with its receipt, its line in the log and its tags', async () => {
      const mutation = edit({ title: 'Oat milk', pin: '1234' });
      const outcome = await world().change(mutation);
      expect(outcome).toMatchObject({
        kind: 'applied',
        status: 200,
        resource: { kind: 'task', id: '1', version: 2 },
        etag: '"task-1.v2"',
        value: { title: 'Oat milk', pin: { $secret: true } },
      });
      const { task, receipts, log, tags } = await world().everything();
      expect(task).toMatchObject([{ title: 'Oat milk', pin: '1234', version: 2 }, { version: 1 }]);
      expect(receipts).toMatchObject([
        {
          profile: 'panel',
          principal: 'u1',
          mutation_id: mutation.clientMutationId,
          status: 200,
          version: 2,
        },
      ]);
      expect(log).toMatchObject([
        {
          version: 2,
          author_id: 'u1',
          author_name: 'Ana',
          operation: 'PATCH /v1/tasks/{id}',
          is_deletion: 0,
        },
      ]);
      const [entry] = log as readonly { readonly paths: string; readonly previous: string }[];
      expect([entry?.paths, entry?.previous].map((text) => JSON.parse(text ?? ''))).toEqual([
        ['title', 'pin'],
        { title: 'Milk' },
      ]);
      expect(tags).toEqual(['project:1:tasks', 'task', 'task:1'].map((tag) => ({ tag, generation: 1 })));
      expect(told.splice(0)).toEqual([
        { kind: 'task', id: '1', version: 2, tags: ['task:1', 'task', 'project:1:tasks'] },
      ]);
    });

    it('that was sent again is replayed, and happens once', async () => {
      const mutation = edit({ title: 'Oat milk' });
      await world().change(mutation);
      const before = await world().everything();
      const again = await world().change(mutation);
      expect(again).toMatchObject({
        kind: 'replayed',
        from: 'stored',
        status: 200,
        resource: { version: 2 },
        value: { title: 'Oat milk' },
      });
      expect(await world().everything()).toEqual(before);
    });

    it('is replayed as it was answered, though others have changed the resource since', async () => {
      const mutation = edit({ title: 'Oat milk' });
      await world().change(mutation);
      await world().change(edit({ title: 'Soy milk' }, { version: 2, actor: bruno }));
      expect(await world().change(mutation)).toMatchObject({
        kind: 'replayed',
        from: 'stored',
        resource: { version: 2 },
        value: { title: 'Oat milk' },
      });
    });

    it('whose answer was too large is replayed with what is there now, and says so', async () => {
      const mutation = edit({ notes: 'x'.repeat(8_500) });
      expect(await world().change(mutation)).toMatchObject({ kind: 'applied' });
      await world().change(edit({ title: 'Soy milk' }, { version: 2 }));
      expect(await world().change(mutation)).toMatchObject({
        kind: 'replayed',
        from: 'current',
        resource: { version: 3 },
        value: { title: 'Soy milk' },
      });
    });

    it('with the id of another one is refused', async () => {
      const mutation = edit({ title: 'Oat milk' });
      await world().change(mutation);
      const before = await world().everything();
      const { clientMutationId } = mutation;
      const others: readonly TaskMutation[] = [
        edit({ title: 'Soy milk' }, { clientMutationId }),
        edit({ title: 'Oat milk' }, { clientMutationId, version: 2 }),
        edit({ title: 'Oat milk' }, { clientMutationId, id: '2' }),
        edit({ title: 'Oat milk' }, { clientMutationId, operation: 'PUT /v1/tasks/{id}' }),
      ];
      for (const other of others) expect(await world().change(other)).toEqual({ kind: 'mutation-id-reused' });
      expect(await world().everything()).toEqual(before);
    });

    it('of another principal or profile with the same id is another mutation', async () => {
      const mutation = edit({ title: 'Oat milk' });
      await world().change(mutation);
      const { clientMutationId } = mutation;
      const sent = { clientMutationId, version: 2 };
      expect(
        await world().change(edit({ status: 'open', estimate: 1 }, { ...sent, actor: bruno })),
      ).toMatchObject({ kind: 'applied' });
      const elsewhere = { ...ana, profile: 'api' };
      expect(
        await world().change(edit({ estimate: 2 }, { ...sent, version: 3, actor: elsewhere })),
      ).toMatchObject({
        kind: 'applied',
      });
    });

    it('that changes nothing counts no version, is not logged, and is replayed all the same', async () => {
      const mutation = edit({ title: 'Milk', status: 'open' });
      expect(await world().change(mutation)).toMatchObject({
        kind: 'unchanged',
        status: 200,
        resource: { version: 1 },
      });
      const { log, tags } = await world().everything();
      expect([log, tags]).toEqual([[], []]);
      await world().change(edit({ title: 'Soy milk' }));
      expect(await world().change(mutation)).toMatchObject({ kind: 'replayed', resource: { version: 1 } });
    });

    it('that takes what another one has is refused, and its id is as good as new', async () => {
      const mutation = edit({ title: 'Bread' });
      expect(await world().change(mutation)).toEqual({ kind: 'state-conflict', code: 'TRUTH_INVALID' });
      expect((await world().everything()).receipts).toEqual([]);
      const { clientMutationId } = mutation;
      expect(await world().change(edit({ title: 'Rice' }, { clientMutationId }))).toMatchObject({
        kind: 'applied',
      });
    });

    it('whose change fails in the middle leaves nothing, and is made by a retry', async () => {
      const before = await world().everything();
      const mutation = edit({ title: 'Oat milk' });
      const { change } = mutation;
      const failing: Change<TaskValue> = async (context) => {
        await change(context);
        throw new Error('the disk is on fire');
      };
      await expect(world().change({ ...mutation, change: failing })).rejects.toThrow('on fire');
      expect(await world().everything()).toEqual(before);
      expect(await world().change(mutation)).toMatchObject({ kind: 'applied', resource: { version: 2 } });
    });

    it('whose trigger fails is taken back', async () => {
      const before = await world().everything();
      const mutation = edit({ title: 'Oat milk' });
      const change: Change<TaskValue> = async (context) => ({
        ...(await mutation.change(context)),
        triggers: { gateways: ['nowhere'], reason: 'panel' },
      });
      await expect(world().change({ ...mutation, change })).rejects.toThrow(HoldfastError);
      expect(await world().everything()).toEqual(before);
    });

    it('whose change does not count the version is a defect, and leaves nothing', async () => {
      const before = await world().everything();
      const change: Change<TaskValue> = async () => ({});
      await expect(world().change(edit({}, { change }))).rejects.toThrow('has not been counted once');
      expect(await world().everything()).toEqual(before);
    });

    it('finds nobody at another version by the statement that writes', async () => {
      const { truth } = world();
      const before = await world().everything();
      const found = await truth.transaction(async (trx) => [
        await taskKind.update(trx, '1', 2, { title: 'Oat milk' }),
        await taskKind.update(trx, '9', 1, { title: 'Oat milk' }),
        await taskKind.remove?.(trx, '1', 2),
      ]);
      expect(found).toEqual([false, false, false]);
      expect(await world().everything()).toEqual(before);
    });

    it('of somebody who lost the right to it is not replayed either', async () => {
      const mutation = edit({ title: 'Oat milk' });
      await world().change(mutation);
      const demoted = actor('u1', 'Ana', 'reader');
      expect(await world().change({ ...mutation, actor: demoted })).toEqual({ kind: 'forbidden' });
    });

    it('is replayed without what its sender may not see any more', async () => {
      const kind = { ...taskKind, mayMutate: () => true };
      const mutation = edit({ title: 'Oat milk', notes: 'from the corner' }, { kind });
      await world().change(mutation);
      const demoted = actor('u1', 'Ana', 'guest');
      expect(await world().change({ ...mutation, actor: demoted })).toMatchObject({
        kind: 'replayed',
        value: { title: 'Oat milk', status: 'open' },
      });
      const again = await world().change({ ...mutation, actor: demoted });
      expect(JSON.stringify(again)).not.toContain('corner');
    });

    it('without the right is refused before its version is looked at', async () => {
      const reader = actor('u3', 'Rita', 'reader');
      expect(await world().change(edit({}, { actor: reader, version: 9 }))).toEqual({ kind: 'forbidden' });
    });

    it('of an id that is in use elsewhere as a key is no part of a statement', async () => {
      const hostile = actor("u1' --", 'A"n\u0000a');
      const mutation = edit({ title: "Robert'); drop table task; --" }, { actor: hostile });
      expect(await world().change(mutation)).toMatchObject({ kind: 'applied' });
      expect(await world().change(mutation)).toMatchObject({ kind: 'replayed' });
      expect(await world().change({ ...mutation, clientMutationId: randomUUID(), actor: ana })).toMatchObject(
        {
          kind: 'version-conflict',
        },
      );
    });
  });
}
