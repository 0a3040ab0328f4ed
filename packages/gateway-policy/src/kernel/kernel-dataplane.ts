/**
 * The dataplane of a gateway in the Linux kernel, by nft and tc, in the gateway's layout. Spawns commands, and keeps no state
 * of its own between calls.
 *
 * Promises per write: nft is all or nothing; tc is made to look so by order and by taking back. Does not promise to see
 * what others do between `read` and `write`; whoever writes holds the gateway's lock and reads back.
 */
import { HoldfastError } from '@holdfast/base';
import type { GatewayRow } from '@holdfast/truth-db';
import { assertDelta, type Changes, stepsOf } from '../changes.ts';
import { isShardCount } from '../class-id.ts';
import type { Dataplane } from '../dataplane.ts';
import { isDeviceName } from '../device-name.ts';
import { runEffects } from '../effect-sequence.ts';
import { createKernelCommands, type KernelCommandsOptions } from './kernel-commands.ts';
import { dumpOf } from './kernel-dump.ts';
import { perInterfaceLayout } from './per-interface-layout.ts';
import { sharedDeviceLayout } from './shared-device-layout.ts';

export interface KernelDataplaneOptions extends Omit<KernelCommandsOptions, 'device'> {
  readonly gateway: {
    /** Default 'shared-device'. */
    readonly layout?: GatewayRow['layout'];
    /** The device of all sessions; not used per interface. */
    readonly device: string;
    /** A power of two, 1 to 256; not used per interface. */
    readonly shards: number;
  };
}

/**
 * @throws HoldfastError CONFIG_INVALID - the device's name or the number of shards is impossible
 */
export function createKernelDataplane(options: KernelDataplaneOptions): Dataplane {
  const { gateway, ...others } = options;
  assertGateway(gateway);
  const commands = createKernelCommands({ ...others, device: gateway.device });
  const layout =
    gateway.layout === 'per-interface' ? perInterfaceLayout(commands) : sharedDeviceLayout(gateway, commands);
  /** What was checked, with its transaction where that is the same. */
  const checked = new WeakMap<Changes, string | undefined>();
  const check = async (changes: Changes) => {
    // tc has no check of its own; that its lines fit is what the diff against a fresh read gives.
    const nft = stepsOf(changes).includes('nft') ? layout.nftCheckScript(changes) : '';
    if (nft !== '') await commands.checkNft(nft);
    checked.set(changes, changes.uploadScaffold.kind === 'keep' ? nft : undefined);
  };
  return {
    name: 'kernel',
    read: async () => layout.actualOf(await layout.list()),
    check,
    write: async (changes, held, onStep) => {
      if (!checked.has(changes)) await check(changes);
      const commitNft = () => commands.commitNft(checked.get(changes) ?? layout.nftScript(changes), held);
      await runEffects(changes, { ...layout.tcEffects(changes, held), commitNft }, onStep);
    },
    writeDelta: async (changes, held, onStep) => {
      assertDelta(changes);
      const commitNft = () => commands.commitNft(layout.nftDeltaScript(changes), held);
      await runEffects(changes, { ...layout.tcEffects(changes, held), commitNft }, onStep);
    },
    dump: async () => dumpOf(await layout.list()),
  };
}

function assertGateway({ layout, device, shards }: KernelDataplaneOptions['gateway']): void {
  if (layout === 'per-interface') return;
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
