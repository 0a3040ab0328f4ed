/**
 * Random requests of two users, on any database, beside what a few lines say should come of them: a resource is a list of
 * the values it had, and what was answered under an id stays its answer.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './index.ts';
import type { MakeDatabase } from './testing/engines.ts';
import { addTask, ana, bruno, edit, type TaskMutation } from './testing/task-world.ts';
import { useTasks } from './testing/use-tasks.ts';

interface Request {
  readonly user: 0 | 1;
  /** Of four ids that they have between them, so that some are sent again. */
  readonly id: number;
  readonly title: string;
  /** How many versions behind the newest one; -1 is one that was never given out. */
  readonly behind: number;
}

const requests: fc.Arbitrary<Request> = fc.record({
  user: fc.constantFrom(0, 1),
  id: fc.nat({ max: 3 }),
  title: fc.constantFrom('Milk', 'Oat milk', 'Rice'),
  behind: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -1, max: 3 })),
});

interface Committed {
  readonly sent: string;
  readonly version: number;
}

/** What should be. */
class Model {
  readonly titles = ['Milk'];
  readonly #committed = new Map<string, Committed>();

  get version(): number {
    return this.titles.length;
  }

  versionOf({ behind }: Request): number {
    return Math.max(1, this.version - behind);
  }

  answer(request: Request): { readonly kind: string; readonly version: number } {
    const { user, id, title } = request;
    const sent = this.versionOf(request);
    const fingerprint = JSON.stringify([sent, title]);
    const before = this.#committed.get(`${user} ${id}`);
    if (before?.sent === fingerprint) return { kind: 'replayed', version: before.version };
    if (before !== undefined) return { kind: 'mutation-id-reused', version: this.version };
    if (sent !== this.version) return { kind: 'version-conflict', version: this.version };
    const isSame = title === this.titles.at(-1);
    if (!isSame) this.titles.push(title);
    this.#committed.set(`${user} ${id}`, { sent: fingerprint, version: this.version });
    return { kind: isSame ? 'unchanged' : 'applied', version: this.version };
  }
}

export function modelContract(name: string, make: MakeDatabase, numRuns: number): void {
  describe(`random mutations on ${name}`, () => {
    const { world } = useTasks(make);
    let nextTask = 1_000;

    it('are answered as a list of versions and a table of answers would', async () => {
      const property = fc.asyncProperty(fc.array(requests, { maxLength: 15 }), async (all) => {
        nextTask += 1;
        const task = await freshTask(nextTask);
        const model = new Model();
        const ids = Array.from({ length: 8 }, () => randomUUID());
        for (const request of all) {
          const mutation = mutationOf(request, { id: task, ids, version: model.versionOf(request) });
          const outcome = await world().change(mutation);
          const expected = model.answer(request);
          expect(outcome.kind).toBe(expected.kind);
          if ('resource' in outcome) expect(outcome.resource.version).toBe(expected.version);
        }
        const row = await world().task(nextTask);
        expect(row).toMatchObject({ version: model.version, title: model.titles.at(-1) });
      });
      await fc.assert(property, { numRuns });
    });

    it('that are sent many times at once happen as often as one after the other', async () => {
      const property = fc.asyncProperty(fc.array(requests, { minLength: 2, maxLength: 6 }), async (all) => {
        nextTask += 1;
        const task = await freshTask(nextTask);
        const ids = Array.from({ length: 8 }, () => randomUUID());
        const sent = all.map((request) => mutationOf(request, { id: task, ids, version: 1 }));
        const outcomes = await Promise.all([...sent, ...sent].map((mutation) => world().change(mutation)));
        const applied = outcomes.filter(({ kind }) => kind === 'applied').length;
        expect(applied).toBeLessThanOrEqual(1);
        expect(await world().task(nextTask)).toMatchObject({ version: 1 + applied });
      });
      await fc.assert(property, { numRuns: Math.ceil(numRuns / 2) });
    });

    async function freshTask(id: number): Promise<string> {
      await addTask(world(), id);
      return String(id);
    }
  });
}

function mutationOf(
  { user, id, title }: Request,
  { ids, ...target }: { readonly id: string; readonly version: number; readonly ids: readonly string[] },
): TaskMutation {
  const patch: JsonObject = { title };
  const sent = { actor: user === 0 ? ana : bruno, clientMutationId: ids[user * 4 + id] };
  return edit(patch, { ...target, ...sent });
}
