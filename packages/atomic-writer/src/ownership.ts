/**
 * Gives a temporary file the owner of the file it will replace, as far as the system lets us. Who may not give files
 * away keeps their own, but only where nobody gets more than before: a permission bit means other people once the owner
 * or group is another. ACLs and extended attributes are not looked at.
 */
import { errnoOf } from '@holdfast/base';
import type { FileFacts, FilePort } from './file-port.ts';

/** Errnos with which chown(2) is refused to unprivileged users and on file systems without owners. */
const refusesOwners = new Set(['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

/**
 * @param mode - the permission bits that the file will have
 * @throws the system's refusal, where the file under its present owner would be open to more people than under `wanted`
 */
export function takeOver(port: FilePort, descriptor: number, wanted: Ownership, mode: number): void {
  const present = port.measure(descriptor);
  if (present.uid === wanted.uid && present.gid === wanted.gid) return;
  try {
    port.setOwner(descriptor, wanted.uid, wanted.gid);
  } catch (refusal) {
    if (!refusesOwners.has(errnoOf(refusal) ?? '')) throw refusal;
    const kept = keepGroup(port, descriptor, wanted, present);
    if (isWider(mode, wanted, kept)) throw refusal;
  }
}

/**
 * Whether a file of `mode` lets anybody do more as `now`'s than as `before`'s. A former owner counts as group or others
 * now, a former member of the group as others, and the new group's members were others or the owner.
 */
export function isWider(mode: number, before: Ownership, now: Ownership): boolean {
  const owner = (mode >> 6) & 7;
  const group = (mode >> 3) & 7;
  const others = mode & 7;
  const keepsOwner = before.uid === now.uid;
  const keepsGroup = before.gid === now.gid;
  const groupLimit = (keepsOwner ? 7 : owner) & (keepsGroup ? 7 : others);
  const othersLimit = (keepsOwner ? 7 : owner) & (keepsGroup ? 7 : group);
  return (group & ~groupLimit) !== 0 || (others & ~othersLimit) !== 0;
}

/** A user may hand files to any group they are in, though not to another user. @returns who owns it then */
function keepGroup(port: FilePort, descriptor: number, wanted: Ownership, present: FileFacts): Ownership {
  if (present.gid === wanted.gid) return present;
  try {
    port.setOwner(descriptor, present.uid, wanted.gid);
    return { uid: present.uid, gid: wanted.gid };
  } catch (refusal) {
    if (!refusesOwners.has(errnoOf(refusal) ?? '')) throw refusal;
    return present;
  }
}
