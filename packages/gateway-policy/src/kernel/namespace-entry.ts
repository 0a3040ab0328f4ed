/**
 * The words in front of a command that run it inside a network namespace. nsenter, not `ip netns exec`: it mounts
 * nothing and is a little cheaper (2.7 against 3.1 ms for one nft).
 */
import { readlinkSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

/**
 * @param netns - a name under `ip netns`, `pid:N` for the namespaces of a process, undefined for where we are
 * @throws HoldfastError CONFIG_INVALID - neither of these
 */
export function namespaceEntry(netns: string | undefined, nsenter: string): readonly string[] {
  if (netns === undefined) return [];
  const pid = /^pid:([1-9]\d{0,9})$/.exec(netns)?.[1];
  if (pid !== undefined) {
    const user = sharesUserNamespace(pid) ? [] : ['--user', '--preserve-credentials'];
    return [nsenter, '--target', pid, ...user, '--net'];
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(netns)) {
    throw new HoldfastError('CONFIG_INVALID', `${JSON.stringify(netns)} is not the name of a namespace`, {
      details: { netns },
    });
  }
  return [nsenter, `--net=/run/netns/${netns}`];
}

/** Entering one's own user namespace is an error, so it has to be known. */
function sharesUserNamespace(pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'EACCES' || errno === 'EPERM') return false; // nsenter will say what is wrong
    throw error;
  }
}
