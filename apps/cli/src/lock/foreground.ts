/**
 * Whether a Ctrl-C of the terminal reaches the programs that we run by itself: the terminal sends it to its whole foreground
 * group. Passed on by us too, it would come twice, and many programs take the second for "at once, and never mind".
 */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

export function isInForeground(): boolean {
  if (![0, 1, 2].some((descriptor) => isatty(descriptor))) return false;
  try {
    // proc_pid_stat(5): behind the name state, ppid, pgrp, session, tty_nr, tpgid
    const [, , group, , , foreground] = (
      readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1) ?? ''
    ).split(' ');
    return group === foreground;
  } catch {
    return true; // no /proc: a terminal is there, and a background job is the rarer case
  }
}
