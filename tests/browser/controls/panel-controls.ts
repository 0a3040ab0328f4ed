/** What the panel itself holds: versions, receipts, the log, the news of other processes; and what its client must not rely on. */
import type { Control } from './control.ts';

const commit = 'packages/mutations/src/commit-mutation.ts';
const transport = 'packages/panel-client/src/request/transport.ts';
const atRandom = 'lose no change, and each version has one line in the log (seed 1)';
const twoProcesses = 'refuse each other’s overtaken versions, and each shows what the other has written';

export const panelControls: readonly Control[] = [
  {
    name: 'version predicate',
    broken: 'the panel takes any version',
    side: 'panel',
    edits: [
      { path: commit, text: 'if (stored.version !== sentVersion) {', instead: 'if (stored.version < 0) {' },
    ],
    red: {
      conflict: [
        'keeps both changes where they touch different fields',
        'is refused although the page has read the newer version in the background',
      ],
      'two-tabs': ['edited and saved in the first, then in the second, is a 409 and the dialog there'],
      'random-edits': [atRandom],
      servers: [twoProcesses],
    },
  },
  {
    name: 'receipt',
    broken: 'the panel does not look whether it has done a mutation before',
    side: 'panel',
    edits: [
      {
        path: commit,
        text: 'if (receipt === undefined) return undefined;',
        instead: 'if (receipt === undefined || receipt.version > 0) return undefined;',
      },
    ],
    red: {
      'lost-answer': [
        'is sent again under its id, and done once',
        'because the page was reloaded is asked for under its id: it has reached the server',
      ],
    },
  },
  {
    name: 'log',
    broken: 'the panel writes no line into the log for a change',
    side: 'panel',
    edits: [
      {
        path: 'packages/mutations/src/record-mutation.ts',
        text: 'if (!isUnchanged) await logChange(',
        instead: 'if (!isUnchanged && before === undefined) await logChange(',
      },
    ],
    red: { 'random-edits': [atRandom] },
    green: { 'two-tabs': ['leaves what is typed alone, and is told'] },
  },
  {
    name: 'news of other processes',
    broken: 'a process of the panel looks for changes after its own commits alone',
    side: 'panel',
    edits: [
      {
        path: 'apps/panel/src/feed/change-feed.ts',
        text: 'await this.#rest(lookMs - leastMs);',
        instead: 'await this.#rest(Number.POSITIVE_INFINITY);',
      },
    ],
    red: { servers: [twoProcesses] },
  },
  {
    name: 'entity tags',
    broken: 'the client sends, as `If-Match`, the entity tag that came with what it read',
    side: 'site',
    edits: [
      {
        path: transport,
        text: 'jar?.keep(response.headers.getSetCookie());',
        instead:
          "jar?.keep(response.headers.getSetCookie());\n    Object.assign(globalThis, { ['tag of ' + path]: response.headers.get('etag') });",
      },
      {
        path: transport,
        text: '...request.headers,',
        instead:
          "...request.headers,\n        ...(method === 'PATCH' && { 'if-match': (globalThis as never)['tag of ' + path] }),",
      },
    ],
    red: { servers: ['keeps nobody from saving, from the conflict, and from the news'] },
  },
];
