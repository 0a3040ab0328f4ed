/**
 * Looks at the kernel as fast as it can, for an address that points to a class which is missing:
 *
 *   sampler.ts NETNS DEVICE LOCK_DIRECTORY
 *
 * Runs until its input ends, then prints what it has seen as JSON.
 *
 * One look is: the classes, the maps, the classes again. A class that is in neither list while an address points to it was
 * missing then, or was added and taken away between the two, which takes two runs: one that maps the address and one that
 * does not. Every run that writes takes a generation of the lock first, so a look during which the generation has changed
 * proves nothing and does not count. Nothing else can make a right order of effects look like a wrong one.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Sampled } from './kernel-sampler.ts';

const [netns = '', device = '', lockDirectory = ''] = process.argv.slice(2);

/** Against a hang only. */
const guardMs = 20_000;

/** A program that answers line by line, kept running: starting one for each look would be too slow. */
class Conversation {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  #heard = Promise.withResolvers<void>();

  constructor(program: string, ...args: readonly string[]) {
    this.#child = spawn('nsenter', [`--net=/run/netns/${netns}`, program, ...args]);
    this.#child.stderr.resume();
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#heard.resolve();
    });
  }

  /** Everything it says up to the line that is the last. */
  async ask(question: string, isLast: (line: string) => boolean): Promise<readonly string[]> {
    this.#child.stdin.write(question);
    const answer: string[] = [];
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
        answer.push(line);
        if (isLast(line)) return answer;
      }
      this.#heard = Promise.withResolvers();
      const guard = setTimeout(() => this.#heard.reject(new Error(`no answer to ${question}`)), guardMs);
      await this.#heard.promise;
      clearTimeout(guard);
    }
  }

  end(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}

/** A device of our own, whose one qdisc ends an answer: tc says nothing about an end. */
const mark = 'hf-mark';
inside('ip', 'link', 'add', mark, 'type', 'ifb');
inside('tc', 'qdisc', 'add', 'dev', mark, 'root', 'handle', '1:', 'htb');
const nft = new Conversation('nft', '-j', '-i');
const tc = new Conversation('tc', '-batch', '-');
let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});

async function classes(): Promise<ReadonlySet<string>> {
  const lines = await tc.ask(`class show dev ${device}\nqdisc show dev ${mark}\n`, (line) => {
    return line.startsWith('qdisc');
  });
  return new Set(lines.map((line) => line.split(' ')[2] ?? ''));
}

async function targets(): Promise<readonly (readonly [address: string, classId: string])[]> {
  const [line = '{}'] = await nft.ask('list maps inet\n', (answer) => answer.startsWith('{'));
  const { nftables } = JSON.parse(line) as {
    readonly nftables: readonly { map?: { name: string; elem?: readonly [string, string][] } }[];
  };
  return nftables.flatMap(({ map }) => (/^class[46]$/.test(map?.name ?? '') ? (map?.elem ?? []) : []));
}

function inside(...command: readonly string[]): void {
  execFileSync('nsenter', [`--net=/run/netns/${netns}`, ...command]);
}

/** Undefined before the first run that writes. */
function generation(): string | undefined {
  if (!existsSync(lockDirectory)) return undefined;
  const name = readdirSync(lockDirectory).find((file) => file.endsWith('.fence'));
  return name === undefined ? undefined : readFileSync(join(lockDirectory, name), 'utf8');
}

const missing: string[] = [];
let [looks, undecided, pointers] = [0, 0, 0];
process.stdout.write('ready\n');
while (!isOver) {
  const before = generation();
  const first = await classes();
  const pointing = await targets();
  const second = await classes();
  const lost = pointing.filter(([, classId]) => !first.has(classId) && !second.has(classId));
  looks += 1;
  pointers += pointing.length;
  if (lost.length === 0) continue;
  if (generation() === before) missing.push(...lost.map(([address, classId]) => `${address} to ${classId}`));
  else undecided += 1;
}
nft.end();
tc.end();
process.stdout.write(`${JSON.stringify({ looks, undecided, pointers, missing } satisfies Sampled)}\n`);
