/**
 * The dataplane of a shared-device gateway in the Linux kernel: table `inet holdfast` of nft, and an HTB tree on the
 * gateway's device. Spawns nft and tc, at most two at a time, and keeps no state of its own between calls.
 *
 * Promises per write: nft is all or nothing; tc is made to look so by order and by taking back. Does not promise to see
 * what others do between `read` and `write`; whoever writes holds the gateway's lock and reads back.
 */
import { type Held, HoldfastError, isHoldfastError } from '@holdfast/base';
import { type Changes, stepsOf } from '../changes.ts';
import { isShardCount } from '../class-id.ts';
import type { Dataplane, OnStep } from '../dataplane.ts';
import { isDeviceName } from '../device-name.ts';
import { runEffects } from '../effect-sequence.ts';
import type { ActualState } from '../policy-state.ts';
import { createKernelCommands, type KernelCommands, type KernelCommandsOptions } from './kernel-commands.ts';
import { dumpOf } from './kernel-dump.ts';
import { nftScript } from './nft-script.ts';
import { missingNftTable, parseNftTable } from './nft-table.ts';
import { addScript, removeScript, takeBackScript } from './tc-script.ts';
import { parseTcTree, tcShowLines } from './tc-tree.ts';

export interface KernelDataplaneOptions extends Omit<KernelCommandsOptions, 'device'> {
  readonly gateway: {
    readonly device: string;
    /** A power of two, 1 to 256. */
    readonly shards: number;
  };
}

/**
 * @throws HoldfastError CONFIG_INVALID - the device's name or the number of shards is impossible
 */
export function createKernelDataplane(options: KernelDataplaneOptions): Dataplane {
  const { gateway, ...others } = options;
  assertGateway(gateway);
  const kernel: Kernel = {
    ...gateway,
    commands: createKernelCommands({ ...others, device: gateway.device }),
  };
  const checked = new WeakSet<Changes>();
  const check = async (changes: Changes) => {
    // tc has no check of its own; that its lines fit is what the diff against a fresh read gives.
    if (stepsOf(changes).includes('nft')) await kernel.commands.checkNft(nftScript(changes, kernel.shards));
    checked.add(changes);
  };
  return {
    name: 'kernel',
    read: () => readKernel(kernel),
    check,
    write: async (changes, held, onStep) => {
      if (!checked.has(changes)) await check(changes);
      await writeKernel(kernel, { changes, held, onStep });
    },
    dump: async () => dumpOf(await listAll(kernel)),
  };
}

interface Kernel {
  readonly device: string;
  readonly shards: number;
  readonly commands: KernelCommands;
}

interface Listing {
  /** Undefined when the table does not exist. */
  readonly nft: string | undefined;
  readonly tc: string;
}

/** Both lists at once. Waits for both even when one fails, so that no child outlives the call. */
async function listAll({ commands, device }: Kernel): Promise<Listing> {
  const [nft, tc] = await Promise.allSettled([commands.listTable(), commands.showTc(tcShowLines(device))]);
  if (nft.status === 'rejected') throw nft.reason;
  if (tc.status === 'rejected') throw tc.reason;
  return { nft: nft.value, tc: tc.value };
}

async function readKernel(kernel: Kernel): Promise<ActualState> {
  const listing = await listAll(kernel);
  const table = listing.nft === undefined ? missingNftTable : parseNftTable(listing.nft, kernel.shards);
  const tree = parseTcTree(listing.tc, kernel.shards);
  const { restricted, classOf } = table;
  return { restricted, classOf, classes: tree.classes, nft: table.scaffold, tc: tree.scaffold };
}

interface Writing {
  readonly changes: Changes;
  readonly held: Held;
  readonly onStep: OnStep | undefined;
}

async function writeKernel(kernel: Kernel, { changes, held, onStep }: Writing): Promise<void> {
  const { commands, device, shards } = kernel;
  let applied = 0;
  const effects = {
    addClasses: async () => {
      try {
        await commands.batchTc(addScript(changes, device, shards), held);
        applied = Number.POSITIVE_INFINITY;
      } catch (error) {
        applied = appliedLines(error);
        throw error;
      }
    },
    commitNft: () => commands.commitNft(nftScript(changes, shards), held),
    removeClasses: () => commands.batchTc(removeScript(changes, device), held),
    takeBack: async () => {
      const script = takeBackScript(changes, applied, await readKernel(kernel), device);
      if (script !== '') await commands.batchTc(script, held);
    },
  };
  await runEffects(changes, effects, onStep);
}

/** How many lines of a refused batch are in effect. */
function appliedLines(error: unknown): number {
  const line = isHoldfastError(error) ? error.details.line : undefined;
  return typeof line === 'number' ? line - 1 : 0;
}

function assertGateway({ device, shards }: KernelDataplaneOptions['gateway']): void {
  if (!isDeviceName(device)) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      `${JSON.stringify(device)} is not the name of a network device`,
      {
        details: { key: 'device', value: device },
      },
    );
  }
  if (!isShardCount(shards)) {
    throw new HoldfastError('CONFIG_INVALID', `${shards} shards are not a power of two from 1 to 256`, {
      details: { key: 'shards', value: shards },
    });
  }
}
