/** CPU time that a process has used, all of its threads together, as the kernel accounts it: in ticks of 10 ms. */
import { readFileSync } from 'node:fs';

const msPerTick = 10;

/** @returns milliseconds */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) * msPerTick;
}
