/**
 * Another process that makes mutations: `mutation-child.ts URL PART [ARGUMENT…]`. It says `ready`, waits for a line, does its
 * part and prints what it was answered as one line of JSON.
 */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { systemClock } from '@holdfast/base';
import { openTruth, type Truth } from '@holdfast/truth-db';
import { edit, tasksIn } from '../../packages/mutations/src/testing/task-world.ts';
import { deadlyTruth } from './deadly-truth.ts';
import { restriction } from './kill-world.ts';
import { duplicateOf, editsEach, type StormAnswer, userOf } from './storm-facts.ts';

type Part = (truth: Truth, ...args: readonly string[]) => Promise<unknown>;

const parts: Readonly<Record<string, Part>> = {
  /** Sends one mutation of task 1 that all processes send, edits task 2 as all do, and task 3 until its edits are in. */
  storm: async (truth, place = '', writers = '') => {
    const world = tasksIn(truth);
    const actor = userOf(place);
    const duplicates = await Promise.all(Array.from({ length: 16 }, () => world.change(duplicateOf())));
    const conflicts = await Promise.all(
      Array.from({ length: Number(writers) }, (_writer, number) =>
        world.change(edit({ title: `${place}-${number}` }, { id: '2', actor })),
      ),
    );
    const answer: StormAnswer = { duplicates, conflicts, versions: [] };
    const versions: number[] = [];
    for (let version = 1; versions.length < editsEach; ) {
      const mutation = edit({ notes: `${place} ${versions.length}` }, { id: '3', version, actor });
      const outcome = await world.change(mutation);
      if (outcome.kind === 'version-conflict') {
        version = outcome.conflict.current.version;
        continue;
      }
      if (outcome.kind !== 'applied') throw new Error(outcome.kind);
      version = outcome.resource.version;
      versions.push(version);
      // As if the answer had been lost.
      const again = await world.change(mutation);
      if (again.kind !== 'replayed' || again.resource.version !== version) throw new Error(again.kind);
    }
    return { ...answer, versions } satisfies StormAnswer;
  },

  /** Dies in the middle of a mutation, before its statement of this number. */
  die: async (truth, place = '') => {
    const deadly = deadlyTruth(truth, Number(place), async () => {
      flushCompileCache();
      process.kill(process.pid, 'SIGKILL');
      await systemClock.sleep(60_000);
    });
    return restriction(deadly);
  },
};

const [url = '', part = '', ...args] = process.argv.slice(2);
const play = parts[part];
if (play === undefined) throw new Error(`no part ${part}`);
await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
await truth.db.selectFrom('customers').select('id').execute();
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await play(truth, ...args)));
process.stdin.destroy();
