/**
 * What kind of file system a directory is on, told by statfs(2) before anything is locked: flock on NFS may hang
 * unkillably, fail with EBADF, or silently not exclude (cargo#2615, gofrs/flock#22), so it is not to be tried out.
 */
import { statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '@holdfast/base';

/** f_type of file systems whose locks reach over a network, into another machine or into a foreign daemon. @see statfs(2) */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x0bd00bd0, 'Lustre'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x786f4256, 'VirtualBox shared folders'],
  [0xbacbacbc, 'VMware shared folders'],
]);

export interface FileSystem {
  /** Name of a network file system, undefined for a local one. */
  readonly network: string | undefined;
  /** Whether it tells when an inode was made, without which a number that was given away again looks like the old one. */
  readonly hasBirthTimes: boolean;
}

/** The file system of `directory`, or of its nearest ancestor that is there. */
export function fileSystemOf(directory: string): FileSystem {
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      const network = networkFileSystems.get(statfsSync(path).type);
      return { network, hasBirthTimes: statSync(path, { bigint: true }).birthtimeNs > 0n };
    } catch (error) {
      if (path === dirname(path) || !isPassable(errnoOf(error))) throw error;
    }
  }
}

/** What stands in the place of the directory, or keeps us from it, is told when it is prepared. */
function isPassable(errno: string | undefined): boolean {
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EACCES' || errno === 'ELOOP';
}
