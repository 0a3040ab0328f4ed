/**
 * What was built for another device or layout of a gateway and still stands: found by the mark in the nft table and among the
 * qdiscs of all devices. It is taken away before the mark goes, so a run that dies in between leaves nothing unknown.
 */
import { isDeviceName } from '../device-name.ts';
import type { Leftover } from '../policy-state.ts';
import { type RootQdisc, rootQdiscsOf, tbfHandle } from './tbf-list.ts';
import { uploadDevice } from './upload-table.ts';

/** @param qdiscs - JSON of all of them; `device` is where the gateway's tree belongs */
export function leftoversOfDevices(qdiscs: string, marked: string | undefined, device: string): Leftover[] {
  return nameableRoots(qdiscs).flatMap((root): Leftover[] => {
    if (root.kind === 'tbf' && root.handle === tbfHandle) return [{ kind: 'qdisc', device: root.dev }];
    const isTree = root.dev === marked && root.dev !== device && isTreeRoot(root);
    return isTree ? [{ kind: 'tree', device: root.dev }] : [];
  });
}

/** What a gateway with a device for each session has to take away of one shared device. */
export function leftoversOfTrees(qdiscs: string, marked: string | undefined): Leftover[] {
  return nameableRoots(qdiscs).flatMap((root): Leftover[] => {
    if (root.dev === uploadDevice) return [{ kind: 'upload', device: root.dev }];
    return root.dev === marked && isTreeRoot(root) ? [{ kind: 'tree', device: root.dev }] : [];
  });
}

/** Lines for `tc -batch`, one for each device: refused where somebody else's qdisc has taken the place. */
export function leftoverScript(leftovers: readonly Leftover[]): string {
  const handles = { tree: '1:', qdisc: tbfHandle };
  return leftovers
    .flatMap(({ kind, device }) =>
      kind === 'upload' ? [] : [`qdisc del dev ${device} root handle ${handles[kind]}\n`],
    )
    .join('');
}

/** Those of devices that a command can name. */
function nameableRoots(qdiscs: string): readonly RootQdisc[] {
  return rootQdiscsOf(qdiscs).filter(({ dev }) => isDeviceName(dev));
}

/** As `tcScaffoldLines` builds it. Many an HTB has that handle, but only where we built one do we look. */
function isTreeRoot({ kind, handle, options }: RootQdisc): boolean {
  const { default: byDefault, direct_qlen: queue } = (options ?? {}) as Readonly<Record<string, unknown>>;
  return kind === 'htb' && handle === '1:' && /^(?:0x)?0$/.test(String(byDefault)) && queue === 1_000;
}
