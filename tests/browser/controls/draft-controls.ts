/** What outlives a lost answer, a reload, a killed browser and the end of a session. */
import type { Control } from './control.ts';

const record = 'apps/panel/ui/src/edit/record';
const client = 'packages/optimistic-client/src';
const again = 'is sent again under its id, and done once';
const afterReload = 'because the page was reloaded is asked for under its id';
const afterKill =
  'has back what was typed when it is started again, and opens the conflict that came about meanwhile';
const duringDialog = 'while the dialog is open leaves it open, asks for the password in place, and applies';
const duringSave = 'while something is saved asks for the password, and saves it once';

export const draftControls: readonly Control[] = [
  {
    name: 'same id',
    broken: 'a request that is sent again has another id',
    side: 'site',
    edits: [
      {
        path: `${record}/deliver.ts`,
        text: 'await ports.send(write);',
        instead:
          'await ports.send(attempt === 1 ? write : { ...write, clientMutationId: crypto.randomUUID() });',
      },
    ],
    red: { 'lost-answer': [again] },
  },
  {
    name: 'retry',
    broken: 'a request without an answer is not sent again by itself',
    side: 'site',
    edits: [
      {
        path: `${client}/pending/decision-table.ts`,
        text: "'network-failure': retry,",
        instead: "'network-failure': refused,",
      },
    ],
    red: { 'lost-answer': [again, 'waits for the network, says so, and goes on by itself'] },
  },
  {
    name: 'id before sending',
    broken: 'a request leaves without its id on disk',
    side: 'site',
    edits: [
      {
        path: `${record}/send-queue.ts`,
        text: 'if (contents !== undefined) await drafts.keepNow(contents);',
        instead: 'void contents;',
      },
    ],
    red: { 'lost-answer': [`${afterReload}: it has reached the server`, 'is on disk before it leaves'] },
  },
  {
    name: 'sent again after a reload',
    broken: 'a draft that was on its way is only shown when its page is opened again',
    side: 'site',
    edits: [
      {
        path: `${client}/draft/draft-on-open.ts`,
        text: "if (state === 'sending' && clientMutationId !== undefined && !mustRetype) {",
        instead: "if (state === 'sending' && clientMutationId === '') {",
      },
    ],
    red: {
      'lost-answer': [`${afterReload}: it has reached the server`, `${afterReload}: it has never left`],
    },
  },
  {
    name: 'draft is kept',
    broken: 'what is typed is not kept on disk',
    side: 'site',
    edits: [
      {
        path: `${record}/record-editor.ts`,
        text: 'this.#cell.set({ typed: next, issues: [], notice: undefined });\n      this.#drafts.keep(contentsOf(this.state));',
        instead: 'this.#cell.set({ typed: next, issues: [], notice: undefined });',
      },
    ],
    red: { 'lost-answer': ['has back what was typed and not saved, and says so'] },
  },
  {
    name: 'draft is restored',
    broken: 'a page that is opened again does not look what was left of it on disk',
    side: 'site',
    edits: [
      {
        path: `${record}/record-opening.ts`,
        text: 'if (found.draft !== undefined) this.resume(found.draft);',
        instead: '',
      },
    ],
    red: {
      'lost-answer': [
        'with the conflict open opens it again, with what was typed',
        'has back what was typed and not saved, and says so',
        'opens the conflict where the server moved on while it was away',
      ],
      dialog: ['is there again after Back and Forward'],
    },
  },
  {
    name: 'decisions are restored',
    broken: 'what was decided and typed in a dialog is not in it when it opens again after a reload',
    side: 'site',
    edits: [
      {
        path: `${record}/record-opening.ts`,
        text: 'Object.entries(draft.choices ?? {})',
        instead: 'Object.entries<never>({})',
      },
    ],
    red: { 'lost-answer': ['with the conflict open opens it again, with what was typed'] },
  },
  {
    name: 'draft of an older version',
    broken: 'a draft is put over whatever the server has by now, as if it had been typed there',
    side: 'site',
    edits: [
      {
        path: `${client}/draft/draft-on-open.ts`,
        text: 'if (latest?.version === draft.baseVersion) return',
        instead: 'if (latest !== undefined) return',
      },
    ],
    red: {
      'lost-answer': ['opens the conflict where the server moved on while it was away'],
      restart: [afterKill],
    },
  },
  {
    name: 'draft of a closed tab',
    broken: 'a tab has no draft but its own back',
    side: 'site',
    edits: [
      {
        path: `${record}/draft-keeper.ts`,
        text: 'if (!(await presence.claim(own.tabId))) {',
        instead: 'if (own.tabId !== tabId) {',
      },
    ],
    red: { restart: [afterKill] },
  },
  {
    name: 'disk',
    broken: 'drafts are in the memory of the page alone',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/edit/storage/choose-draft-storage.ts',
        text: 'Promise.race([places.openIndexedDb(), late])',
        instead: 'Promise.race([createMemoryDraftStorage(), late])',
      },
    ],
    red: { restart: [afterKill] },
  },
  {
    name: 'interrupted',
    broken: 'a session that ends leads to the page of the login',
    side: 'site',
    edits: [
      {
        path: 'apps/panel/ui/src/session/session-store.ts',
        text: "this.#set({ kind: 'interrupted', me: this.#session.me });",
        instead: "this.#set({ kind: 'signed-out' });",
      },
    ],
    red: { 'session-end': [duringDialog] },
  },
  {
    name: 'after the password',
    broken: 'what a session had no time for is not gone on with after the password',
    side: 'site',
    edits: [
      {
        path: `${client}/pending/decision-table.ts`,
        text: "'signed-out': { patch: 'keep', draft: 'keep', id: 'same', next: 'sign-in' },",
        instead: "'signed-out': refused,",
      },
    ],
    red: { 'session-end': [duringDialog, duringSave] },
  },
  {
    name: 'applies after the password',
    broken: 'a dialog does not go on with what it was at when the session ended',
    side: 'site',
    edits: [
      {
        path: `${client}/conflict/reduce-conflict.ts`,
        text: "return conflict.phase === 'signed-out' ? repeat(conflict) : unchanged(conflict);",
        instead: 'return unchanged(conflict);',
      },
    ],
    red: { 'session-end': [duringDialog] },
  },
];
