/**
 * Random stories of two tabs and one task: typing, saving, lost answers, reloads, a third person. Whatever happened, everybody gets to an
 * end: what is typed is in the record or was overwritten by a decision, no id stands for two requests, and nothing is left on disk.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../../../tests/support/random-runs.ts';
import { EditWorld, type Fault, settled, taskForm } from '../testing/edit-world.ts';
import type { Workbench } from './workbench.ts';

const fields = ['title', 'note'] as const;

type Move = { readonly tab: number } & (
  | { readonly kind: 'type'; readonly field: (typeof fields)[number] }
  | {
      readonly kind:
        | 'save'
        | 'reload'
        | 'apply'
        | 'keep-editing'
        | 'third person'
        | 'told'
        | 'pass'
        | 'hold'
        | 'let go';
    }
  | { readonly kind: 'fault'; readonly fault: Fault }
);

const tab = fc.nat({ max: 1 });
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ tab, kind: fc.constant('type' as const), field: fc.constantFrom(...fields) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      tab,
      kind: fc.constantFrom(
        'save',
        'save',
        'reload',
        'apply',
        'apply',
        'keep-editing',
        'third person',
        'told',
        'pass',
        'hold',
        'let go',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      tab,
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom<Fault>('lost', 'down', 'signed-out', 'unexpected'),
    }),
  },
);

class Story {
  readonly world = new EditWorld();
  readonly #benches: Workbench[] = [];
  /** By tab and field. */
  readonly #typed = new Map<string, string>();
  #values = 0;
  #held = Promise.withResolvers<void>();

  /** In each field by each tab. */
  get lastTyped(): readonly string[] {
    return [...this.#typed.values()];
  }

  get states() {
    return this.#benches.map((bench) => bench.editor(taskForm, '17').state);
  }

  async begin(): Promise<void> {
    for (const index of [0, 1]) await this.#open(index);
  }

  editor(index: number) {
    const bench = this.#benches[index];
    if (bench === undefined) throw new Error('the tab is not open');
    return bench.editor(taskForm, '17');
  }

  async make(next: Move): Promise<void> {
    const editor = this.editor(next.tab);
    switch (next.kind) {
      case 'type':
        this.#type(next.tab, next.field);
        break;
      case 'save':
        editor.save();
        break;
      case 'reload':
        await this.#benches[next.tab]?.close('keep');
        await this.#open(next.tab);
        break;
      case 'third person':
        this.world.write({ note: this.#value('note') });
        break;
      case 'told':
        editor.told(this.world.server);
        break;
      case 'pass':
        await this.world.pass(60_000);
        break;
      case 'hold':
        this.world.hold ??= this.#held.promise;
        break;
      case 'let go':
        this.#letGo();
        break;
      case 'fault':
        this.world.faults = [next.fault];
        break;
      default:
        editor.answerConflict(next.kind);
    }
    await settled();
  }

  /** Everybody finishes what they began. */
  async end(): Promise<void> {
    this.world.faults = [];
    this.#letGo();
    for (let round = 0; round < 40 && this.#isUnfinished(); round += 1) {
      for (const index of [0, 1]) {
        const editor = this.editor(index);
        editor.retryNow();
        editor.answerConflict('apply');
        if (editor.state.conflict === undefined) editor.save();
        await this.world.pass(60_000);
      }
    }
  }

  /** Answers are on their way again. */
  #letGo(): void {
    this.#held.resolve();
    this.#held = Promise.withResolvers();
    this.world.hold = undefined;
  }

  #isUnfinished(): boolean {
    return this.#benches.some(({ unfinished }) => unfinished.length > 0);
  }

  async #open(index: number): Promise<void> {
    const bench = this.world.tab(`tab${index}`);
    this.#benches[index] = bench;
    await bench.editor(taskForm, '17').open();
    await settled();
  }

  #value(field: string): string {
    this.#values += 1;
    return `${field} ${this.#values}`;
  }

  #type(index: number, field: string): void {
    const value = this.#value(field);
    this.#typed.set(`${index} ${field}`, value);
    this.editor(index).type({ [field]: value });
  }
}

async function told(moves: readonly Move[]): Promise<Story> {
  const story = new Story();
  await story.begin();
  for (const next of moves) await story.make(next);
  await story.end();
  return story;
}

describe('a story of two tabs', () => {
  it('ends with everything written that was typed last, under one request for each id, and nothing left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 20, maxLength: 60 }), async (moves) => {
        const { world, lastTyped, states } = await told(moves);
        const idle = { conflict: undefined, typed: undefined, delivery: 'idle' };
        expect(states).toMatchObject([idle, idle]);
        expect(world.drafts).toEqual([]);
        const written = new Set(world.applied.flatMap((input) => Object.values(input)));
        expect(lastTyped.filter((value) => !written.has(value))).toEqual([]);
        const byId = Map.groupBy(world.sent, ({ clientMutationId }) => clientMutationId);
        const requests = [...byId.values()].map(
          (sent) => new Set(sent.map((write) => JSON.stringify(write))).size,
        );
        expect(requests.filter((different) => different !== 1)).toEqual([]);
      }),
      { numRuns: randomRuns(60) },
    );
  });
});
