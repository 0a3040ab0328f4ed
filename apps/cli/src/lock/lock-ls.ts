/** `holdfast lock ls` */
import { answer, type CommandLine, displayWidth } from '@holdfast/host/cli';
import { type ListedLock, listLocks } from '@holdfast/lock-runner';
import { describeParty } from './describe-party.ts';
import { seesAllHolders } from './horizon.ts';
import { lockLsSettings } from './lock-command.ts';
import { lockDirectoryOf } from './open-runner.ts';
import { requireReadable } from './require-readable.ts';

export async function lockLs(line: CommandLine): Promise<number> {
  return await answer(lockLsSettings, line, (settings) => {
    const directory = lockDirectoryOf(settings);
    requireReadable(directory);
    const found = listLocks(directory);
    const listed = (found ?? []).filter((lock) => settings.all.value || isInUse(lock));
    return {
      document: {
        directory,
        locks: listed.map((lock) => ({ ...lock, holder: lock.holder ?? null })),
        seesAllHolders: seesAllHolders(),
      },
      lines: listed.length === 0 ? [nothingIn(directory, found)] : linesOf(listed),
    };
  });
}

function isInUse({ holder, waiters }: ListedLock): boolean {
  return holder !== undefined || waiters.length > 0;
}

function nothingIn(directory: string, found: readonly ListedLock[] | undefined): string {
  if (found === undefined) return `${directory} does not exist: nothing has been locked there`;
  return seesAllHolders()
    ? `no lock in ${directory} is held`
    : `no lock in ${directory} has a holder that can be seen from here; outside of this container there may be some`;
}

function linesOf(locks: readonly ListedLock[]): readonly string[] {
  const names = locks.map(({ prefix, file }) => (prefix === '' ? file : prefix));
  const width = Math.max(...names.map(displayWidth));
  return locks.map((lock, place) => `${(names[place] ?? '').padEnd(width)}  ${stateOf(lock)}`);
}

function stateOf({ holder, waiters }: ListedLock): string {
  const held = holder === undefined ? (seesAllHolders() ? 'free' : 'no holder seen') : describeParty(holder);
  return waiters.length === 0 ? held : `${held}, ${waiters.length} waiting`;
}
