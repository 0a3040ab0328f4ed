/** `runtime-state locks` */
import { type LockParty, partyName } from '@holdfast/base';
import { answer, type CommandLine, lengthOf } from '@holdfast/host/cli';
import { type ListedLock, listLocks } from '@holdfast/lock-runner';
import { storeNames } from '@holdfast/runtime-stores';
import { openStores } from '../open-stores.ts';
import { storeSettings } from '../store-settings.ts';

export async function locks(line: CommandLine): Promise<number> {
  return await answer(storeSettings, line, async (settings) => {
    const { lockDirectory: directory } = openStores(settings);
    const held = (listLocks(directory) ?? []).filter((lock) => isOfStore(lock) && isInUse(lock));
    return {
      document: { directory, locks: held.map((lock) => ({ ...lock, holder: lock.holder ?? null })) },
      lines: held.length === 0 ? ['no lock of a store is held'] : held.map(lineOf),
    };
  });
}

/** `pid 4711 (panel) on gw1 for 2.5 s` */
export function describeParty(party: LockParty): string {
  const since = party.sinceMs === undefined ? '' : ` for ${lengthOf(party.sinceMs)}`;
  return `${partyName(party)} on ${party.host}${since}`;
}

function isOfStore({ prefix }: ListedLock): boolean {
  return storeNames.some((store) => prefix === store || prefix.startsWith(`${store}-`));
}

function isInUse({ holder, waiters }: ListedLock): boolean {
  return holder !== undefined || waiters.length > 0;
}

function lineOf({ prefix, holder, waiters }: ListedLock): string {
  const state = holder === undefined ? 'no holder seen' : describeParty(holder);
  return `${prefix}  ${state}${waiters.length === 0 ? '' : `, ${waiters.length} waiting`}`;
}
