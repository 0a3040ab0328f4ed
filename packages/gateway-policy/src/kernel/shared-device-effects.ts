/** The tc effects of one write on a shared device: classes added, removed, and taken back when nft refused what needs them. */
import { type Held, isHoldfastError } from '@holdfast/base';
import { type Changes, raisedDevices } from '../changes.ts';
import type { KernelCommands } from './kernel-commands.ts';
import type { KernelLayout, TcEffects } from './kernel-layout.ts';
import { leftoverScript } from './leftovers.ts';
import { addScript, removeScript, type TcTrees, takeBackScript, treeScript } from './tc-script.ts';
import { hasOwnRoot, tcShowLines } from './tc-tree.ts';
import { uploadDevice } from './upload-table.ts';

interface Gateway extends Pick<KernelLayout, 'list' | 'actualOf'> {
  readonly commands: KernelCommands;
  readonly trees: TcTrees;
}

interface Writing {
  readonly changes: Changes;
  readonly held: Held;
}

export function sharedDeviceEffects(gateway: Gateway, { changes, held }: Writing): TcEffects {
  const { commands, trees } = gateway;
  let applied = 0;
  const batch = async (script: string) => {
    if (script !== '') await commands.batchTc(script, held);
  };
  return {
    addClasses: async () => {
      await tidy(commands, changes, held);
      if (changes.uploadScaffold.kind !== 'keep') await buildUpload(gateway, { changes, held });
      if (changes.tcScaffold.kind !== 'keep') {
        const hasRoot = changes.tcScaffold.kind === 'rebuild';
        await commands.batchTc(treeScript(changes, 'download', trees, hasRoot), held);
      }
      try {
        await batch(addScript(changes, trees));
        applied = Number.POSITIVE_INFINITY;
      } catch (error) {
        applied = appliedLines(error);
        throw error;
      }
    },
    removeClasses: () => batch(removeScript(changes, trees)),
    takeBack: async () => {
      const live = gateway.actualOf(await gateway.list());
      await batch(takeBackScript(changes, applied, live, trees));
      // The table that leads there came with the refused transaction.
      if (changes.uploadScaffold.kind === 'build' && live.upload?.kind === 'damaged') {
        await commands.batchIp(`link del ${uploadDevice}\n`, held);
      }
    },
  };
}

/** What is in the way goes, and what nothing passes is opened, before anything is built. */
async function tidy(commands: KernelCommands, changes: Changes, held: Held): Promise<void> {
  const script = leftoverScript(changes.leftovers);
  if (script !== '') await commands.batchTcOfDevices(script, held);
  const raised = raisedDevices(changes).map((device) => `link set ${device} up\n`);
  if (raised.length > 0) await commands.batchIp(raised.join(''), held);
}

/** A device that is there already, whatever stands on it, is kept: the table may lead packets to it in this very moment. */
async function buildUpload({ commands, trees }: Gateway, { changes, held }: Writing): Promise<void> {
  const shown = await commands.showTcOf(uploadDevice, tcShowLines(trees.upload));
  const add = shown === undefined ? `link add ${uploadDevice} type ifb\n` : '';
  // The queue of a class is as long as that of its device; an ifb has one of 32 packets, any other device of 1 000.
  await commands.batchIp(`${add}link set ${uploadDevice} up txqueuelen 1000\n`, held);
  const hasRoot = shown !== undefined && hasOwnRoot(shown);
  await commands.batchTc(treeScript(changes, 'upload', trees, hasRoot), held);
}

/** How many lines of a refused batch are in effect. */
function appliedLines(error: unknown): number {
  const line = isHoldfastError(error) ? error.details.line : undefined;
  return typeof line === 'number' ? line - 1 : 0;
}
