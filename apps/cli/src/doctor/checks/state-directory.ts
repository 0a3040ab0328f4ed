/** The state directory: whose it is, who may write there, whether it takes a file, and how much it still takes. */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import { mountOf } from '../../lock/verify/mount-of.ts';
import { type Check, type Finding, invalid, ok, unusable, warn } from '../check.ts';

export const stateDirectoryCheck: Check = {
  name: 'state-directory',
  describe: 'owner, mode, file system, room, and whether it takes a file',
  run: ({ stateDir, settings }) => {
    const stats = lstatSync(stateDir, { throwIfNoEntry: false });
    if (stats === undefined) {
      return [
        unusable(
          `${stateDir} does not exist`,
          'A first run, or holdfast db migrate, creates it; or correct --state-dir.',
        ),
      ];
    }
    if (!stats.isDirectory())
      return [invalid(`${stateDir} is no directory`, 'Point --state-dir at a directory.')];
    const isTruthHere = settings.database.value === undefined;
    return [
      ownerFinding(stateDir, stats),
      ...insideFindings(stateDir),
      writeFinding(stateDir),
      mountFinding(stateDir, isTruthHere),
      roomFinding(stateDir),
    ];
  },
};

function ownerFinding(path: string, { uid, mode }: Stats): Finding {
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  const found = `${path} is of user ${uid}, mode ${bits}`;
  if ((mode & 0o022) !== 0) return invalid(`${found}: others may write there`, `chmod go-w ${path}`);
  if (uid !== process.geteuid?.()) {
    return warn(
      `${found}, and this is user ${process.geteuid?.()}`,
      'Run all commands as the user that owns it.',
    );
  }
  if ((mode & 0o007) !== 0) return warn(`${found}: everybody may look in`, `chmod o-rwx ${path}`);
  return ok(found);
}

/** Only a group that was given the right to tell about sessions may write into the spool. */
function insideFindings(stateDir: string): readonly Finding[] {
  return ['locks', 'runs', 'spool'].flatMap((name): readonly Finding[] => {
    const path = join(stateDir, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    if (!stats.isDirectory()) return [invalid(`${path} is no directory`, 'Move it away; it is made anew.')];
    const forbidden = name === 'spool' ? 0o002 : 0o022;
    return (stats.mode & forbidden) === 0
      ? []
      : [invalid(`others may write into ${path}`, `chmod go-w ${path}`)];
  });
}

const writeHints: Readonly<Record<string, string>> = {
  EROFS: 'Mount its file system writable.',
  EACCES: 'Run it as the user that owns the directory, or give this user the right to write.',
  EPERM: 'Run it as the user that owns the directory, or give this user the right to write.',
  ENOSPC: 'Free some space or inodes on its file system.',
  EDQUOT: 'The quota of this user is used up.',
};

/** As much as a document of a run, flushed as one. */
const probe = Buffer.alloc(64 * 1024, 'x');

function writeFinding(stateDir: string): Finding {
  const path = join(stateDir, `.holdfast-doctor-${process.pid}`);
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      if (writeSync(descriptor, probe) < probe.length)
        throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(path, { force: true });
    }
    return ok('a file was written, flushed and removed there');
  } catch (error) {
    const errno = errnoOf(error) ?? 'unknown error';
    return unusable(
      `a file cannot be written there (${errno})`,
      writeHints[errno] ?? 'See what its file system says.',
    );
  }
}

const networkTypes = /^(?:nfs\d?|cifs|smb\d?|9p|ceph|glusterfs|fuse\..*|afs|lustre)$/;

function mountFinding(stateDir: string, isTruthHere: boolean): Finding {
  const mount = mountOf(realpathSync(stateDir), mountTable());
  if (mount === undefined) return ok('what its file system is cannot be seen');
  const found = `it is on ${mount.type} (${mount.source} at ${mount.mountPoint})`;
  if (networkTypes.test(mount.type)) {
    return warn(
      found,
      'Put the state directory on a local file system: locks and renames are less than sure there.',
    );
  }
  if (/^(?:tmpfs|ramfs)$/.test(mount.type) && isTruthHere) {
    return warn(
      `${found}, so truth.sqlite is gone after a reboot`,
      'Put it on a disk, or truth elsewhere (--database).',
    );
  }
  return ok(found);
}

const least = { bytes: 1 << 20, inodes: 16 } as const;
const comfortable = { bytes: 100 << 20, inodes: 1_000 } as const;

function roomFinding(stateDir: string): Finding {
  const { bavail, bsize, ffree, files } = statfsSync(stateDir);
  const bytes = bavail * bsize;
  // File systems without a fixed number of inodes say 0 of 0.
  const inodes = files === 0 ? Number.POSITIVE_INFINITY : ffree;
  const found = `${Math.floor(bytes / (1 << 20))} MiB and ${files === 0 ? 'any number of' : inodes} inodes are free`;
  const hint = 'Free some space or inodes on its file system.';
  if (bytes < least.bytes || inodes < least.inodes) return unusable(found, hint);
  return bytes < comfortable.bytes || inodes < comfortable.inodes ? warn(found, hint) : ok(found);
}

function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return ''; // not Linux
  }
}
