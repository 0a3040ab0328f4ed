/** Random edits of two users of one record, with lost answers and late reads, beside what must hold of every such story. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import type { RecordSchema } from '../merge/record-schema.ts';
import { SimulatedEditor } from '../testing/simulated-editor.ts';
import { SimulatedServer } from '../testing/simulated-server.ts';

const fields = ['title', 'note', 'start', 'end'];
const schema: RecordSchema = {
  fields: Object.fromEntries(fields.map((name) => [name, { kind: 'text' }])),
  groups: { period: ['start', 'end'] },
};

type Move =
  | { readonly user: number; readonly kind: 'edit'; readonly field: number }
  | { readonly user: number; readonly kind: 'step'; readonly isLost: boolean }
  | { readonly user: number; readonly kind: 'refetch' | 'apply' | 'keep-editing' }
  | { readonly user: number; readonly kind: 'choose'; readonly side: 'mine' | 'theirs' };

const user = fc.nat({ max: 1 });
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ user, kind: fc.constant('edit' as const), field: fc.nat({ max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      user,
      kind: fc.constant('step' as const),
      isLost: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ user, kind: fc.constantFrom('refetch', 'apply', 'apply', 'keep-editing') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      user,
      kind: fc.constant('choose' as const),
      side: fc.constantFrom('mine', 'theirs'),
    }),
  },
);

/** @param fieldOf - which field a user edits */
function play(moves: readonly Move[], fieldOf: (user: number, field: number) => string) {
  const server = new SimulatedServer(Object.fromEntries(fields.map((name) => [name, `${name} 0`])));
  const editors = ['ana', 'bruno'].map((name) => new SimulatedEditor(name, server, { schema }));
  moves.forEach((next, index) => {
    const editor = editors[next.user];
    if (editor !== undefined) make(editor, next, { fieldOf, index });
  });
  for (let round = 0; round < 200 && editors.some(({ isIdle }) => !isIdle); round += 1) {
    for (const editor of editors) {
      editor.dispatch({ kind: 'apply' });
      editor.step(false);
    }
  }
  return { server, editors };
}

function make(
  editor: SimulatedEditor,
  next: Move,
  { fieldOf, index }: { readonly fieldOf: (user: number, field: number) => string; readonly index: number },
): void {
  switch (next.kind) {
    case 'edit':
      editor.edit(fieldOf(next.user, next.field), `${editor.name} ${index}`);
      break;
    case 'step':
      editor.step(next.isLost);
      break;
    case 'refetch':
      editor.refetch();
      break;
    case 'choose': {
      const rows = editor.conflict?.merge.rows ?? [];
      for (const { name, state } of rows) {
        if (state === 'conflict')
          editor.dispatch({ kind: 'decided', row: name, choice: { kind: next.side } });
      }
      break;
    }
    default:
      editor.dispatch({ kind: next.kind });
  }
}

describe('two users of one record', () => {
  it('end with what their writes make one after the other, and nothing is overwritten unseen or lost', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 60 }), (moves) => {
        const { server, editors } = play(moves, (_, field) => fields[field] ?? 'title');
        expect(editors.map(({ isIdle }) => isIdle)).toEqual([true, true]);
        const serial = Object.assign({}, server.first, ...server.log.map(({ patch }) => patch));
        expect(server.current).toEqual({ version: 1 + server.log.length, value: serial });
        expect(editors.flatMap(({ blind }) => blind)).toEqual([]);
        const written = new Set(server.log.flatMap(({ patch }) => Object.values(patch)));
        for (const { typed, givenUp } of editors) {
          const last = typed.filter(
            ({ field }, index) => typed.findLastIndex((other) => other.field === field) === index,
          );
          expect(last.filter(({ value }) => !written.has(value) && !givenUp.has(value))).toEqual([]);
        }
      }),
      { numRuns: randomRuns(300) },
    );
  });

  it('never meet when they edit different fields', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 60 }), (moves) => {
        const { server, editors } = play(moves, (who) => fields[who] ?? 'title');
        for (const { typed } of editors) {
          const last = typed.at(-1);
          if (last !== undefined) expect(server.current.value[last.field]).toBe(last.value);
        }
        expect(server.current.version).toBe(1 + server.log.length);
      }),
      { numRuns: randomRuns(100) },
    );
  });
});
