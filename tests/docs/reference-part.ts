/** The generated part of `docs/reference.md`: commands, then metrics. */
import { commandHelp } from './command-help.ts';
import { metricReference } from './metric-reference.ts';

export async function referencePart(): Promise<string> {
  return `${await commandHelp()}\n${metricReference()}`;
}
