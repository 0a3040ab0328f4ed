/**
 * Who has a lock and who waits for it, as `who` tells it. What parties say of themselves has come from a server or a file
 * that others write, so nothing of it reaches a terminal as it stands.
 */
import type { LockParty, LockReport } from '@holdfast/base';
import { printable } from './printable.ts';

/** As much as any backend keeps of a purpose; a host name is shorter. */
const longestText = 400;

/** @param waiters - in the order in which they will be served, as far as that is known */
export function lockReport(holder: LockParty | undefined, waiters: readonly LockParty[]): LockReport {
  return {
    ...(holder === undefined ? {} : { holder: printableParty(holder) }),
    waiters: waiters.map(printableParty),
  };
}

function printableParty({ host, purpose, ...party }: LockParty): LockParty {
  const said = purpose === undefined ? {} : { purpose: shown(purpose) };
  return { ...party, host: shown(host), ...said };
}

function shown(text: string): string {
  return printable(text).slice(0, longestText);
}
