/** The settings that say where a command finds what it works on. */
import { nonEmpty } from './non-empty.ts';
import type { Setting } from './setting.ts';

const place = { parse: nonEmpty, fallback: undefined } as const;

/** What every command has. */
export const stateSettings = {
  config: {
    ...place,
    flag: '--config',
    argument: 'file',
    describe: "configuration file (default: the state directory's holdfast.config.json, else /etc/holdfast/)",
  } as Setting<string | undefined>,
  stateDir: {
    ...place,
    flag: '--state-dir',
    argument: 'dir',
    describe: 'directory of locks, runs and the embedded truth (default: /var/lib/holdfast as root)',
  } as Setting<string | undefined>,
} as const;

/** What every command has that looks at truth. */
export const placeSettings = {
  ...stateSettings,
  database: {
    ...place,
    flag: '--database',
    argument: 'url',
    describe:
      'where truth is: sqlite:PATH or mysql://USER:PASSWORD@HOST/DATABASE (default: truth.sqlite in the state directory)',
  } as Setting<string | undefined>,
} as const;
