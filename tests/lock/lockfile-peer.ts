/**
 * Another program that locks with proper-lockfile itself and knows nothing of Holdfast. Reads commands and answers in lines,
 * as `lock-child.ts`.
 *
 *   lock {"stale":2000}  → locked | error CODE          unlock → unlocked | error CODE
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { lockFileName } from '@holdfast/lock-runner';
import { type LockOptions, lock } from 'proper-lockfile';

const [directory = '', scope = ''] = process.argv.slice(2);
const path = join(directory, lockFileName(scope));
let unlock: (() => Promise<void>) | undefined;

const commands: Readonly<Record<string, (options: string) => Promise<string>>> = {
  lock: async (options) => {
    const given = JSON.parse(options) as LockOptions;
    unlock = await lock(path, { ...given, realpath: false, onCompromised: () => undefined });
    return 'locked';
  },
  unlock: async () => {
    await unlock?.();
    return 'unlocked';
  },
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line.split(' ')));
lines.on('close', () => process.exit(0));
say('ready');

async function answer([name = '', options = '{}']: readonly string[]): Promise<void> {
  try {
    say((await commands[name]?.(options)) ?? `no command ${name}`);
  } catch (error) {
    say(`error ${(error as { code?: string }).code ?? String(error)}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
