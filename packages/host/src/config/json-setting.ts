/** `--json`: one document for programs instead of lines for people. Every command that answers something has it. */
import { onOrOff } from './one-of.ts';
import type { Setting } from './setting.ts';

export const json: Setting<boolean> = {
  flag: '--json',
  describe: 'print one JSON document on stdout',
  parse: onOrOff,
  fallback: false,
};
