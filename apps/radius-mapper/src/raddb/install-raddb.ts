/**
 * Puts the shipped files into a raddb directory of Debian's layout. What somebody has edited stays, unless it is asked for
 * otherwise, and then the edited file is kept in `holdfast/`. Which files are edited is known by the digests of those
 * that were written last; the record of them is written after the files, so a run that died is simply repeated.
 *
 * The secret of the mapper is the one file that is made here: `holdfast/secret.conf`.
 */
import { createHash } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { readShipped, type ShippedFile, shippedFiles } from './shipped-files.ts';

export interface InstallRaddb {
  /** Debian: /etc/freeradius/3.0. It exists and has a radiusd.conf. */
  readonly directory: string;
  /** What FreeRADIUS shows to the mapper: 16 to 512 letters, digits or characters of `-_.~+/=`. */
  readonly secret: string;
  /** Replaces edited files of ours as well, each kept as `holdfast/….bak`. Default false. */
  readonly force?: boolean;
  /** Tells what would be done, and does none of it. Default false. */
  readonly isDryRun?: boolean;
}

export type InstalledAs =
  /** New, or newer than what was there and nobody had edited. */
  | 'written'
  | 'unchanged'
  /** Somebody's: edited, or made to be filled in. */
  | 'kept'
  /** Was edited; the edited one is in `holdfast/` as `.bak`. */
  | 'replaced'
  | 'linked';

export interface InstalledFile {
  /** Below the raddb directory. */
  readonly path: string;
  readonly as: InstalledAs;
}

const recordPath = 'holdfast/installed.json';
const fileMode = 0o640;
const directoryMode = 0o750;

/**
 * @throws HoldfastError CONFIG_INVALID - the directory is not that of a FreeRADIUS, or the secret cannot stand in its files
 * @throws HoldfastError WRITE_FAILED - and the files so far are whole
 */
export async function installRaddb(install: InstallRaddb): Promise<readonly InstalledFile[]> {
  const { directory, secret } = install;
  if (!existsSync(join(directory, 'radiusd.conf'))) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      `${directory} has no radiusd.conf: it is not the raddb of a FreeRADIUS`,
    );
  }
  if (!/^[\w.~+/=-]{16,512}$/.test(secret)) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      'the secret is none that can stand in a file of FreeRADIUS: 16 to 512 letters, digits or -_.~+/=',
    );
  }
  const raddb = openRaddb(install);
  const installed: InstalledFile[] = [];
  for (const file of shippedFiles) {
    const text = readShipped(file);
    installed.push({ path: file.path, as: await raddb.put(file, text) });
    if (file.link !== undefined) installed.push(...raddb.link(file.link));
  }
  const secretFile = { path: 'holdfast/secret.conf', isFilledIn: false };
  installed.push({ path: secretFile.path, as: await raddb.put(secretFile, secretConf(secret)) });
  await raddb.remember();
  return installed;
}

function secretConf(secret: string): string {
  return `#  Made by "vpn-radius-mapper raddb install" from the secret file of the mapper.\nholdfast_secret = "${secret}"\n`;
}

/** A raddb directory that is being written to, or only looked at. */
function openRaddb({ directory, force = false, isDryRun = false }: InstallRaddb) {
  const writer = new AtomicWriter({ mode: fileMode });
  const known = readRecord(directory);
  const digests: Record<string, string> = { ...known };
  // FreeRADIUS reads them by its group, and nobody else does: one of them has a secret.
  const group = statSync(directory).gid;
  const give = (path: string) => {
    if (process.geteuid?.() === 0) chownSync(path, 0, group);
  };
  const write = async (path: string, text: string) => {
    const place = join(directory, path);
    if (!existsSync(dirname(place))) {
      mkdirSync(dirname(place), { mode: directoryMode });
      give(dirname(place));
    }
    await writer.write(place, text);
    give(place);
  };
  const put = async ({ path, isFilledIn }: ShippedFile, text: string): Promise<InstalledAs> => {
    const present = textAt(join(directory, path));
    const isOurs = present === undefined || digestOf(present) === known[path];
    const mayReplace = force && !isFilledIn;
    const as = present === text ? 'unchanged' : outcomeOf(isOurs, mayReplace);
    if (as !== 'kept') digests[path] = digestOf(text);
    if (isDryRun || as === 'unchanged' || as === 'kept') return as;
    if (as === 'replaced') copyFileSync(join(directory, path), join(directory, backupOf(path)));
    await write(path, text);
    return as;
  };
  const link = ({ path, target }: NonNullable<ShippedFile['link']>): readonly InstalledFile[] => {
    const place = join(directory, path);
    const present = lstatSync(place, { throwIfNoEntry: false });
    if (present !== undefined) {
      const isLinked = present.isSymbolicLink() && readlinkSync(place) === target;
      return [{ path, as: isLinked ? 'unchanged' : 'kept' }];
    }
    if (!isDryRun) symlinkSync(target, place);
    return [{ path, as: 'linked' }];
  };
  const remember = async () => {
    if (!isDryRun) await write(recordPath, `${JSON.stringify(digests, undefined, 2)}\n`);
  };
  return { put, link, remember };
}

/** What becomes of a file that is not there or differs. */
function outcomeOf(isOurs: boolean, mayReplace: boolean): InstalledAs {
  if (isOurs) return 'written';
  return mayReplace ? 'replaced' : 'kept';
}

/** Not beside it: FreeRADIUS reads every file of policy.d, whatever it ends in. */
function backupOf(path: string): string {
  return `holdfast/${path.replaceAll('/', '_')}.bak`;
}

function textAt(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Without a record that can be read, every file that differs counts as edited. */
function readRecord(directory: string): Readonly<Record<string, string>> {
  const text = textAt(join(directory, recordPath));
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
