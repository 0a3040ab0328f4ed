/** Whether this user may change the kernel's tables, as the kernel tells it of this process. */
import { readFileSync } from 'node:fs';
import { type Check, ok, skip, unusable } from '../check.ts';

/** capabilities(7) */
const netAdmin = 12n;
const sysAdmin = 21n;

export const permissionsCheck: Check = {
  name: 'permissions',
  describe: 'CAP_NET_ADMIN, and what entering a namespace takes',
  run: ({ place: { dataplane, netns } }) => {
    if (dataplane === 'recorded')
      return [skip('the recorded dataplane needs no rights but those on its file')];
    const held = effectiveCapabilities();
    if (held === undefined) return [skip('this system does not tell the capabilities of a process')];
    const who = `user ${process.geteuid?.()}`;
    if (netns?.startsWith('pid:') === true) {
      return [ok(`${who} enters the namespaces of ${netns}; what it may do there shows when it is tried`)];
    }
    const hint =
      'Run it as root or with AmbientCapabilities=CAP_NET_ADMIN, or in a namespace of your own (--netns).';
    if (!has(held, netAdmin)) return [unusable(`${who} has no CAP_NET_ADMIN`, hint)];
    if (netns !== undefined && !has(held, sysAdmin)) {
      return [unusable(`${who} has no CAP_SYS_ADMIN, without which ${netns} cannot be entered`, hint)];
    }
    return [ok(`${who} has CAP_NET_ADMIN`)];
  },
};

/** Undefined where there is no /proc. */
function effectiveCapabilities(): bigint | undefined {
  try {
    const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return digits === undefined ? undefined : BigInt(`0x${digits}`);
  } catch {
    return undefined;
  }
}

function has(held: bigint, capability: bigint): boolean {
  return ((held >> capability) & 1n) === 1n;
}
