/**
 * What stands behind a pid in the kernel's list of locks: a helper of this kit, ours or another process's, or a program on
 * its own. Told by command lines, so it is talk, not proof, like everything that one process knows of another.
 */
import { readFileSync } from 'node:fs';
import { helperMark, type Priority } from './helper-kind.ts';

export interface SeenHelper {
  /** The process it waits for; undefined when that has died. */
  readonly owner: number | undefined;
  readonly priority: Priority;
}

/** Undefined when `pid` is no helper, is gone, or cannot be looked at. */
export function seenHelper(pid: number): SeenHelper | undefined {
  const args = argumentsOf(pid);
  const priority = priorityIn(args);
  if (priority !== undefined) return { owner: ownerOf(pid), priority };
  // flock(1) under the shell that is the helper
  if (args.length !== 3 || args[2] !== '3' || !/^-[xs]$/.test(args[1] ?? '')) return undefined;
  const shell = parentOf(pid);
  const shellPriority = priorityIn(argumentsOf(shell));
  return shellPriority === undefined ? undefined : { owner: ownerOf(shell), priority: shellPriority };
}

function priorityIn(args: readonly string[]): Priority | undefined {
  const place = args.indexOf(helperMark);
  if (place === -1) return undefined;
  return args[place + 1] === 'background' ? 'background' : 'interactive';
}

/** Orphans are inherited by process 1, which we may be ourselves in a container. */
function ownerOf(pid: number): number | undefined {
  const parent = parentOf(pid);
  return parent > 1 || parent === process.pid ? parent : undefined;
}

/** 0 when it is not known. */
function parentOf(pid: number): number {
  const stat = readProc(pid, 'stat');
  // The command name stands in parentheses and may itself contain blanks and parentheses.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function argumentsOf(pid: number): readonly string[] {
  return readProc(pid, 'cmdline').split('\0').slice(0, -1);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // gone, not ours to look at, or no /proc
  }
}
