/** What the commands of `vpn-panel admin` can be told. */
import { json, nonEmpty, placeSettings, type Setting, type SettingTable } from '@holdfast/host/config';

/** Of one call. */
const ofCall = { isPersistent: false, fallback: undefined } as const;

export const adminSettings = { ...placeSettings, json } satisfies SettingTable;

export const adminPasswordSettings = {
  ...adminSettings,
  passwordFile: {
    ...ofCall,
    flag: '--password-file',
    argument: 'file',
    describe:
      'the first line of this file, or of standard input for "-" (default: asked twice on the terminal)',
    parse: nonEmpty,
  } as Setting<string | undefined>,
} satisfies SettingTable;

export const adminCreateSettings = {
  ...adminPasswordSettings,
  name: {
    ...ofCall,
    flag: '--name',
    argument: 'name',
    describe: 'as it stands in the log of changes, 1 to 128 characters (default: the address)',
    parse: adminName,
  } as Setting<string | undefined>,
} satisfies SettingTable;

function adminName(text: string): string {
  const name = text.trim();
  if (name !== '' && [...name].length <= 128 && !/\p{C}/u.test(name)) return name;
  throw new Error('1 to 128 printable characters are expected');
}
