/**
 * What this process was started with and cannot be asked for later, because our own files and handlers come on top:
 * open descriptors, and signals that whoever started us wants ignored.
 *
 * Node gives every signal its default back before any JavaScript runs, so there the second is always empty.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

export interface ProcessStart {
  /** What each descriptor above stderr leads to, those of the runtime included. */
  readonly descriptors: ReadonlyMap<number, string>;
  isIgnored(name: NodeJS.Signals): boolean;
}

export function processStart(): ProcessStart {
  const ignored = ignoredSignals();
  return {
    descriptors: descriptorsOf('self'),
    isIgnored: (name) => ((ignored >> BigInt(constants.signals[name] - 1)) & 1n) === 1n,
  };
}

/** Empty when it may not be looked at, and off Linux. */
export function descriptorsOf(process: number | 'self'): ReadonlyMap<number, string> {
  const directory = `/proc/${process}/fd`;
  const found = new Map<number, string>();
  for (const name of listed(directory)) {
    const target = targetOf(`${directory}/${name}`);
    if (Number(name) > 2 && target !== undefined) found.set(Number(name), target);
  }
  return found;
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // not Linux, or a process of somebody else's
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed again: the one that the listing needed
  }
}

/** @see proc_pid_status(5): a mask in hex, signal 1 in its lowest bit */
function ignoredSignals(): bigint {
  try {
    const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return BigInt(`0x${mask}`);
  } catch {
    return 0n; // not Linux
  }
}
