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
import type { KernelCommands } from './kernel-commands.ts';
import { allEnded, type KernelLayout, type KernelListing, type TcEffects } from './kernel-layout.ts';
import { perInterfaceTable } from './nft-scaffold.ts';
import { nftCheckScript, nftDeltaScript, nftScript } from './nft-script.ts';
import { missingNftTable, parseNftTable } from './nft-table.ts';
import { parseTbfList } from './tbf-list.ts';
import { addTbfScript, removeTbfScript, takeBackTbfScript } from './tbf-script.ts';

export function perInterfaceLayout(commands: KernelCommands): KernelLayout {
  const inet = perInterfaceTable();
  const actualOf = ({ nft, tc }: KernelListing): ActualState => {
    const table = nft === undefined ? missingNftTable : parseNftTable(nft, inet);
    const { rates, devices } = parseTbfList(tc);
    const { restricted, classOf } = table;
    return { restricted, classOf, classes: rates, nft: table.scaffold, tc: { kind: 'intact' }, devices };
  };
  const list = async (): Promise<KernelListing> => {
    const [nft, tc] = await allEnded([commands.listTable('inet'), commands.listQdiscs()]);
    return { nft, tc };
  };
  return {
    list,
    actualOf,
    nftScript: (changes) => nftScript(changes, { inet }),
    nftCheckScript: (changes) => nftCheckScript(changes, { inet }),
    nftDeltaScript,
    tcEffects: (changes, held) => tcEffects(commands, changes, held),
  };
}

function tcEffects(commands: KernelCommands, changes: Changes, held: Held): TcEffects {
  let refused = new Set<number>();
  const batch = async (script: string) => {
    if (script !== '') await commands.batchTcOfDevices(script, held);
  };
  return {
    addClasses: async () => {
      try {
        await batch(addTbfScript(changes));
      } catch (error) {
        refused = refusedLines(error);
        throw error;
      }
    },
    removeClasses: () => batch(removeTbfScript(changes)),
    takeBack: () => batch(takeBackTbfScript(changes, refused)),
  };
}

function refusedLines(error: unknown): Set<number> {
  const lines = isHoldfastError(error) ? error.details.lines : undefined;
  return new Set(Array.isArray(lines) ? lines.map(Number) : []);
}
