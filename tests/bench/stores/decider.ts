/**
 * One of several processes that ask for decisions, one after the other, over random keys, until the time is up.
 *
 * Usage: decider.ts KIND OUTCOME DIRECTORY PORT KEYS WINDOW_MS PLACE PLACES. First it asks once for each key of its share of
 * the keys, where WINDOW_MS is 0 it does nothing else. Says `ready`, waits for a line on stdin, answers with JSON.
 */
import { once } from 'node:events';
import { isDeciderKind } from './decider-kind.ts';
import { openDecider } from './open-decider.ts';

export interface DeciderResult {
  readonly decided: number;
  /** Of this process alone; a server has its own. */
  readonly cpuMicros: number;
}

const [kind = '', outcome = '', directory = '.', port = '0', ...numbers] = process.argv.slice(2);
const [keys = 1, windowMs = 0, place = 0, places = 1] = numbers.map(Number);
/** What is compiled, created or loaded once is not what is measured. */
const warmUpDecisions = 3_000;

if (!isDeciderKind(kind)) throw new Error(`no decider is called ${kind}`);
await using decider = await openDecider({
  kind,
  directory,
  port: Number(port),
  outcome: outcome === 'refused' ? 'refused' : 'allowed',
});
const { decide } = decider;
if (windowMs === 0) await fill();
else await decideUntil((decided) => decided >= warmUpDecisions);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdout.write(`${JSON.stringify(await measured())}\n`);
process.stdin.destroy();

/** So that there are as many buckets as keys. */
async function fill(): Promise<void> {
  for (let key = place; key < keys; key += places) await decide(keyOf(key));
}

async function measured(): Promise<DeciderResult> {
  const before = process.cpuUsage();
  const endMs = performance.now() + windowMs;
  const decided = await decideUntil(() => performance.now() >= endMs);
  const { user, system } = process.cpuUsage(before);
  return { decided, cpuMicros: user + system };
}

async function decideUntil(isOver: (decided: number) => boolean): Promise<number> {
  let decided = 0;
  for (; !isOver(decided); decided += 1) await decide(keyOf(Math.floor(Math.random() * keys)));
  return decided;
}

/** As long as the keys of a login are. */
function keyOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}
