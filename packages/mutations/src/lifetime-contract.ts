/** The first and the last mutation of a resource, on any database. */
import { describe, expect, it } from 'vitest';
import type { MakeDatabase } from './testing/engines.ts';
import { actor, bruno, creation, edit, removal } from './testing/task-world.ts';
import { useTasks } from './testing/use-tasks.ts';

const at = Date.UTC(2026, 0, 10, 12);
const clock = {
  wallMs: () => at,
  monotonicMs: () => performance.now(),
  sleep: () => Promise.resolve(),
};

export function lifetimeContract(name: string, make: MakeDatabase): void {
  describe(`a mutation on ${name}`, () => {
    const { world } = useTasks(make, { clock });

    describe('that makes a resource', () => {
      it('makes one, however often it is sent', async () => {
        const made = creation('Rice');
        expect(await world().mutations.create(made)).toMatchObject({
          kind: 'applied',
          status: 201,
          resource: { id: '3', version: 1 },
          value: { title: 'Rice' },
        });
        expect(await world().mutations.create(made)).toMatchObject({
          kind: 'replayed',
          status: 201,
          resource: { id: '3', version: 1 },
        });
        expect((await world().everything()).task).toHaveLength(3);
      });

      it('makes one of duplicates that come at once, and tells all of them', async () => {
        const made = creation('Rice');
        const outcomes = await Promise.all(Array.from({ length: 12 }, () => world().mutations.create(made)));
        expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual([
          'applied',
          ...Array.from({ length: 11 }, () => 'replayed'),
        ]);
        expect((await world().everything()).task).toHaveLength(3);
      });

      it('is refused to whoever may not, and where the name is taken', async () => {
        const { mutations } = world();
        expect(await mutations.create(creation('Rice', { actor: actor('u3', 'Rita', 'reader') }))).toEqual({
          kind: 'forbidden',
        });
        expect(await mutations.create(creation('Milk'))).toMatchObject({ kind: 'state-conflict' });
        expect(await mutations.create(creation('Rice', { clientMutationId: 7 }))).toEqual({
          kind: 'mutation-id-missing',
        });
        expect((await world().everything()).receipts).toEqual([]);
      });

      it('tells once what is kept nowhere', async () => {
        const made = creation('Rice');
        const create: typeof made.create = async (context) => ({
          ...(await made.create(context)),
          once: { token: 'open sesame' },
        });
        expect(await world().mutations.create({ ...made, create })).toMatchObject({
          once: { token: 'open sesame' },
        });
        expect(await world().mutations.create({ ...made, create })).not.toHaveProperty('once');
        expect(JSON.stringify(await world().everything())).not.toContain('sesame');
      });
    });

    describe('that deletes a resource', () => {
      it('deletes it once, and is replayed without it', async () => {
        const mutation = removal();
        expect(await world().change(mutation)).toMatchObject({
          kind: 'applied',
          resource: { version: 2 },
          value: undefined,
        });
        expect(await world().task()).toBeUndefined();
        expect(await world().change(mutation)).toMatchObject({ kind: 'replayed', resource: { version: 2 } });
        expect((await world().everything()).log).toHaveLength(1);
      });

      it('is a conflict for whoever edited it, with what it was and who did it', async () => {
        await world().change(removal({ actor: bruno }));
        expect(await world().change(edit({ title: 'Oat milk' }))).toMatchObject({
          kind: 'deleted',
          deletion: {
            resource: { kind: 'task', id: '1' },
            sent: { version: 1 },
            deleted: { version: 2, by: { id: 'u2', name: 'Bruno' }, at: '2026-01-10T12:00:00.000Z' },
            last: { title: 'Milk', notes: '' },
          },
        });
      });

      it('is not told to those who could not see it', async () => {
        await world().change(removal());
        const outsider = actor('u4', 'Otto', 'outsider');
        expect(await world().change(edit({}, { actor: outsider }))).toEqual({ kind: 'not-found' });
      });
    });
  });
}
