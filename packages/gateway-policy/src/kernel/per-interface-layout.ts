/**
 * A device for each session, as pppd and accel-ppp make them: a TBF at its root shapes the download, an element of our nft
 * table limits the upload. Both cost the same however many sessions there are, and nothing has to be built before.
 *
 * A device that vanishes while we write is no failure, as its session is going. One that somebody else shapes is left alone
 * and reported.
 */
import { type Held, isHoldfastError } from '@holdfast/base';
import type { Changes } from '../changes.ts';
import type { ActualState } from '../policy-state.ts';
import { builtOnOf } from './built-on.ts';
import type { KernelCommands } from './kernel-commands.ts';
import { allEnded, type KernelLayout, type KernelListing, type TcEffects } from './kernel-layout.ts';
import { leftoverScript, leftoversOfTrees } from './leftovers.ts';
import { perInterfaceTable } from './nft-scaffold.ts';
import { nftCheckScript, nftDeltaScript, nftScript } from './nft-script.ts';
import { missingNftTable, parseNftTable } from './nft-table.ts';
import { parseTbfList } from './tbf-list.ts';
import { addTbfScript, removeTbfScript, takeBackTbfScript } from './tbf-script.ts';
import { uploadDevice } from './upload-table.ts';

export function perInterfaceLayout(commands: KernelCommands): KernelLayout {
  const inet = perInterfaceTable();
  const actualOf = ({ nft, tc }: KernelListing): ActualState => {
    const table = nft === undefined ? missingNftTable : parseNftTable(nft, inet);
    const { rates, devices } = parseTbfList(tc);
    const { restricted, classOf } = table;
    const leftovers = leftoversOfTrees(tc, builtOnOf(nft));
    return {
      restricted,
      classOf,
      classes: rates,
      nft: table.scaffold,
      tc: { kind: 'intact' },
      devices,
      leftovers,
    };
  };
  const list = async (): Promise<KernelListing> => {
    const [nft, tc] = await allEnded([commands.listTable('inet'), commands.listQdiscs()]);
    return { nft, tc };
  };
  return {
    list,
    actualOf,
    nftScript: (changes) => `${retirement(changes)}${nftScript(changes, { inet })}`,
    nftCheckScript: (changes) => `${retirement(changes)}${nftCheckScript(changes, { inet })}`,
    nftDeltaScript,
    tcEffects: (changes, held) => tcEffects(commands, changes, held),
  };
}

/** What led the upload of a shared device to a device that goes afterwards. */
function retirement({ leftovers }: Changes): string {
  const isRetired = leftovers.some(({ kind }) => kind === 'upload');
  return isRetired ? 'add table netdev holdfast\ndelete table netdev holdfast\n' : '';
}

function tcEffects(commands: KernelCommands, changes: Changes, held: Held): TcEffects {
  let refused = new Set<number>();
  const batch = async (script: string) => {
    if (script !== '') await commands.batchTcOfDevices(script, held);
  };
  return {
    addClasses: async () => {
      await batch(leftoverScript(changes.leftovers));
      try {
        await batch(addTbfScript(changes));
      } catch (error) {
        refused = refusedLines(error);
        throw error;
      }
    },
    removeClasses: async () => {
      await batch(removeTbfScript(changes));
      const retired = changes.leftovers.filter(({ kind }) => kind === 'upload');
      if (retired.length > 0) await commands.batchIp(`link del ${uploadDevice}\n`, held);
    },
    takeBack: () => batch(takeBackTbfScript(changes, refused)),
  };
}

function refusedLines(error: unknown): Set<number> {
  const lines = isHoldfastError(error) ? error.details.lines : undefined;
  return new Set(Array.isArray(lines) ? lines.map(Number) : []);
}
