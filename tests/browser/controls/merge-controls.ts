/** What becomes of both changes: the merge, the group, what is decided in the dialog, and what is read again before it is applied. */
import type { Control } from './control.ts';

const merge = 'packages/optimistic-client/src/merge';
const conflict = 'packages/optimistic-client/src/conflict';
const asDecided = 'ends as the user decides about a field that both changed';

export const mergeControls: readonly Control[] = [
  {
    name: 'their fields',
    broken: 'a merge sends back, with mine, what only the other person changed',
    side: 'site',
    edits: [
      {
        path: `${merge}/merge-unit.ts`,
        text: "(state === 'only-theirs' || state === 'both-same' ? three.theirs : options.mine)",
        instead: 'options.mine',
      },
    ],
    red: { conflict: ['keeps both changes where they touch different fields'] },
  },
  {
    name: 'overlap',
    broken: 'a field that both changed is theirs, and nobody is asked',
    side: 'site',
    edits: [
      {
        path: `${merge}/merge-unit.ts`,
        text: "if (field.kind !== 'long-text') return { state: 'conflict', because: 'value' };",
        instead: "if (field.kind !== 'long-text') return { state: 'both-same' };",
      },
    ],
    red: {
      conflict: [
        `${asDecided}: Servidor`,
        `${asDecided}: Original`,
        'takes what is typed in the dialog for the change of the user',
      ],
      'two-tabs': ['edited and saved in the first, then in the second, is a 409 and the dialog there'],
    },
  },
  {
    name: 'choice',
    broken: 'a field in conflict is mine, whichever side is chosen',
    side: 'site',
    edits: [
      {
        path: `${merge}/resolve.ts`,
        text: 'return row.options[choice.kind];',
        instead: 'return row.options.mine;',
      },
    ],
    red: { conflict: [`${asDecided}: Servidor`, `${asDecided}: Original`] },
  },
  {
    name: 'typed in the dialog',
    broken: 'what is typed in the dialog is not sent, but what was typed before it',
    side: 'site',
    edits: [
      {
        path: `${merge}/resolve.ts`,
        text: ': withPatch(row.options.mine ?? row.options.theirs, edited);',
        instead: ': row.options.mine;',
      },
    ],
    red: { conflict: ['takes what is typed in the dialog for the change of the user'] },
  },
  {
    name: 'same value',
    broken: 'a field that both changed to the same is a conflict',
    side: 'site',
    edits: [
      {
        path: `${merge}/merge-unit.ts`,
        text: "if (isEqual) return { state: 'both-same' };",
        instead: 'void isEqual;',
      },
    ],
    red: { conflict: ['writes nothing where both changed a field to the same'] },
  },
  {
    name: 'differences alone',
    broken: 'what is sent after a merge is every field in it, as the server has it or not',
    side: 'site',
    edits: [
      {
        path: `${merge}/resolve.ts`,
        text: 'slice !== undefined && isDifferent(merge, row, slice)',
        instead: 'slice !== undefined',
      },
    ],
    red: { conflict: ['writes nothing where both changed a field to the same'] },
  },
  {
    name: 'group',
    broken: 'the rates are two fields for themselves',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/pages/connections/connection-part.ts',
        text: "groups: { rates: ['down_kbit', 'up_kbit'] },",
        instead: 'groups: {},',
      },
    ],
    red: { conflict: ['takes the rates as a pair from one side, never half of each: Mío'] },
  },
  {
    name: 'gone',
    broken: 'a record that is not there any more is a refusal like any other',
    side: 'site',
    edits: [
      {
        path: 'packages/optimistic-client/src/pending/decision-table.ts',
        text: "'not-found': merge,",
        instead: "'not-found': refused,",
      },
    ],
    red: {
      conflict: ['that was deleted stands there with what was typed, and never leads to a page that is none'],
      'session-end': ['cannot be saved, and what was typed can still be read'],
    },
  },
  {
    name: 'typed for what is gone',
    broken: 'of a record that is gone, or may not be seen any more, nothing that was typed is kept',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/record/after-answer.ts',
        text: "refused: { kind: 'refused', record, base, patch, theirs } };",
        instead: "refused: { kind: 'refused', record, base, patch: {}, theirs } };",
      },
    ],
    red: {
      conflict: ['that was deleted stands there with what was typed, and never leads to a page that is none'],
      'session-end': ['cannot be saved, and what was typed can still be read'],
    },
  },
  {
    name: 'news in the dialog',
    broken: 'a dialog that is open hears of no newer version',
    side: 'site',
    edits: [
      {
        path: `${conflict}/reduce-conflict.ts`,
        text: 'return serverTold(context, conflict, event.theirs);',
        instead: 'return unchanged(conflict);',
      },
    ],
    red: {
      conflict: ['that changes once more while the dialog is open shows so in it, and applies over that'],
      dialog: ['says what it is about, and how much, to those who do not see it'],
    },
  },
  {
    name: 'overlap at apply',
    broken: 'what apply reads is written over, whether its user has seen it or not',
    side: 'site',
    edits: [
      {
        path: `${conflict}/apply-conflict.ts`,
        text: 'return changedAgain(context, latest);\n  return send(context, remerged(context, latest), newId);',
        instead: 'void latest;\n  return send(context, remerged(context, latest), newId);',
      },
    ],
    red: { conflict: ['asks again when the newest value that apply reads overlaps anew'] },
  },
  {
    name: 'one write',
    broken:
      'a second press is heard: the button stays awake, apply begins again while it is under way, and each value that is read is sent (three guards of the same)',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/conflict/conflict-dialog.tsx',
        text: "isBusy={view.isBusy} onClick={() => editor.answerConflict('apply')}>",
        instead: "onClick={() => editor.answerConflict('apply')}>",
      },
      {
        path: `${conflict}/apply-conflict.ts`,
        text: "if (conflict.phase !== 'choosing' || conflict.theirs.value === undefined)",
        instead: 'if (conflict.theirs.value === undefined)',
      },
      {
        path: `${conflict}/reduce-conflict.ts`,
        text: "return conflict.phase === 'refreshing'\n        ? afterRead(context, conflict, event)",
        instead: 'return conflict.phase.length > 0\n        ? afterRead(context, conflict, event)',
      },
    ],
    red: { conflict: ['is written once, however often apply is pressed'] },
  },
  {
    name: 'undo',
    broken: 'a discard deletes the draft instead of keeping it for ten minutes',
    side: 'site',
    edits: [
      {
        path: `${conflict}/reduce-conflict.ts`,
        text: "{ kind: 'discard-draft' },",
        instead: "{ kind: 'delete-draft' },",
      },
    ],
    red: {
      conflict: [
        'shows the state of the server after a discard, which can be undone, after a reload too, and goes on where it was',
      ],
    },
  },
];
