/**
 * Another process with the Redis lock of one scope, commanded like `lock-child.ts`. Its third argument is JSON: the socket
 * of the server and the lease.
 *
 *   acquire LIMIT     → [waiting] held | error CODE      release           → released
 *   fence             → fence N | error CODE             publish FILE TEXT → published | error CODE (appends a line)
 *   hold              → held, without a word of the wait
 *   take FILE TEXT    → published (acquire too)          stall FILE TEXT   → the same, stopping itself inside the step
 *   count ROUNDS FILE → counted                          lost              → lost CODE, when the hold is
 *   leave             → left, and ends when nothing keeps it running
 */
import { once } from 'node:events';
import { appendFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Held } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { redisBackend } from '@holdfast/lock-runner/redis';
import { createClient } from 'redis';

const [directory = '', scope = '', settings = '{}'] = process.argv.slice(2);
const { path, leaseMs } = JSON.parse(settings) as { path: string; leaseMs: number };
const client = createClient({ socket: { path, tls: false, reconnectStrategy: () => 20 } });
client.on('error', () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0)); // also while there is nobody to connect to
await client.connect();
const backend = redisBackend({ client, leaseMs });
const runner = new LockRunner({ directory, backend, observer: { waiting: () => say('waiting') } });
const quiet = new LockRunner({ directory, backend });
const forever = { waitMs: Number.POSITIVE_INFINITY };
let held: Held | undefined;

const commands: Readonly<Record<string, (rest: readonly string[]) => Promise<string>>> = {
  acquire: async ([limit = '']) => {
    held = await runner.acquire(scope, { waitMs: Number(limit) });
    return 'held';
  },
  release: async () => {
    await held?.release();
    return 'released';
  },
  fence: async () => `fence ${await held?.fence()}`,
  publish: async ([file = '', text = '']) => {
    held?.publish(() => appendFileSync(file, `${text}\n`));
    return 'published';
  },
  hold: async () => {
    held = await quiet.acquire(scope, forever);
    return 'held';
  },
  take: async ([file = '', text = '']) => {
    held = await quiet.acquire(scope, forever);
    held.publish(() => appendFileSync(file, `${text}\n`));
    return 'published';
  },
  stall: async ([file = '', text = '']) => {
    held?.publish(() => {
      process.kill(process.pid, 'SIGSTOP');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // it need not be delivered at once
      appendFileSync(file, `${text}\n`);
    });
    return 'published';
  },
  count: async ([rounds = '0', file = '']) => {
    await count(Number(rounds), file);
    return 'counted';
  },
  lost: async () => {
    if (held?.signal.aborted === false) await once(held.signal, 'abort');
    return `lost ${held?.signal.reason.code}`;
  },
  leave: async () => {
    lines.removeAllListeners('close');
    lines.close();
    process.stdin.destroy();
    client.destroy(); // the caller's own; the backend is not closed
    return 'left';
  },
};

lines.on('line', (line) => void answer(line.split(' ')));
say('ready');

async function answer([name = '', ...rest]: readonly string[]): Promise<void> {
  try {
    say((await commands[name]?.(rest)) ?? `no command ${name}`);
  } catch (error) {
    say(`error ${(error as { code?: string }).code ?? String(error)}`);
  }
}

/** As in `lock-child.ts`. */
async function count(rounds: number, file: string): Promise<void> {
  const log = openSync(`${file}.log`, 'a');
  for (let round = 0; round < rounds; round += 1) {
    await quiet.run(scope, forever, async () => {
      writeSync(log, `+${process.pid}\n`);
      const value = Number(readFileSync(file, 'latin1'));
      await new Promise((resolve) => setImmediate(resolve)); // lets another process come between, if it can
      writeFileSync(file, String(value + 1));
      writeSync(log, `-${process.pid}\n`);
    });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
