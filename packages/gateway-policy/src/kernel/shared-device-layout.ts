/**
 * One device for all sessions: nft gives each packet the class of its address as its priority, and an HTB tree on the device
 * shapes it. Upload goes through a second tree of the same form (`upload-table.ts`), which is there from the first upload
 * limit on.
 */
import { uploadOf } from '../direction.ts';
import type { ActualState, DownDevice, Scaffold } from '../policy-state.ts';
import { builtOnOf } from './built-on.ts';
import type { KernelCommands } from './kernel-commands.ts';
import { allEnded, type KernelLayout, type KernelListing } from './kernel-layout.ts';
import { leftoversOfDevices } from './leftovers.ts';
import { parseLinkList } from './link-list.ts';
import { sharedDeviceTable } from './nft-scaffold.ts';
import { nftCheckScript, nftDeltaScript, nftScript } from './nft-script.ts';
import { missingNftTable, parseNftTable } from './nft-table.ts';
import { sharedDeviceEffects } from './shared-device-effects.ts';
import type { TcTrees } from './tc-script.ts';
import { missingTcTree, parseTcTree, tcShowLines } from './tc-tree.ts';
import { uploadDevice, uploadTable } from './upload-table.ts';

export interface SharedDevice {
  readonly device: string;
  readonly shards: number;
}

export function sharedDeviceLayout({ device, shards }: SharedDevice, commands: KernelCommands): KernelLayout {
  const tables = { inet: sharedDeviceTable(device, shards), upload: uploadTable(device, shards) };
  const trees: TcTrees = {
    download: { device, shards, addressAt: 16 },
    upload: { device: uploadDevice, shards, addressAt: 12 },
  };
  const actualOf = ({ nft, tc, upload, links, qdiscs }: KernelListing): ActualState => {
    const table = nft === undefined ? missingNftTable : parseNftTable(nft, tables.inet);
    const tree = parseTcTree(tc, trees.download);
    const upTable = upload?.nft === undefined ? missingNftTable : parseNftTable(upload.nft, tables.upload);
    const upTree = upload?.tc === undefined ? missingTcTree : parseTcTree(upload.tc, trees.upload);
    return {
      restricted: table.restricted,
      classOf: joined(table.classOf, upTable.classOf),
      classes: joined(
        tree.classes,
        new Map(Array.from(upTree.classes, ([id, rate]) => [uploadOf(id), rate])),
      ),
      nft: table.scaffold,
      tc: tree.scaffold,
      upload: uploadScaffold(upTable.scaffold, upTree.scaffold, upload?.tc !== undefined),
      down: downDevices(links ?? ''),
      leftovers: qdiscs === undefined ? [] : leftoversOfDevices(qdiscs, builtOnOf(nft), device),
    };
  };
  const list = async (): Promise<KernelListing> => {
    const [nft, tc, links] = await allEnded([
      commands.listTable('inet'),
      commands.showTc(tcShowLines(trees.download)),
      commands.showLinks([device, uploadDevice]),
    ]);
    const found = { nft, tc, links };
    const listed = builtOnOf(nft) === device ? found : { ...found, qdiscs: await commands.listQdiscs() };
    if (!parseLinkList(links).has(uploadDevice)) return listed;
    const [uploadNft, uploadTc] = await allEnded([
      commands.listTable('netdev'),
      commands.showTcOf(uploadDevice, tcShowLines(trees.upload)),
    ]);
    return { ...listed, upload: { nft: uploadNft, tc: uploadTc } };
  };
  return {
    list,
    actualOf,
    nftScript: (changes) => nftScript(changes, tables),
    nftCheckScript: (changes) => nftCheckScript(changes, tables),
    nftDeltaScript,
    tcEffects: (changes, held) => sharedDeviceEffects({ commands, trees, list, actualOf }, { changes, held }),
  };
}

function downDevices(links: string): readonly DownDevice[] {
  return Array.from(parseLinkList(links))
    .filter(([, isUp]) => !isUp)
    .map(([device]) => ({ device, isOurs: device === uploadDevice }));
}

/** Device, tree and table are one thing. Without the device there is nothing, whatever is left of the table. */
function uploadScaffold(table: Scaffold, tree: Scaffold, hasDevice: boolean): Scaffold {
  if (!hasDevice) return { kind: 'missing' };
  if (table.kind === 'intact' && tree.kind === 'intact') return table;
  const because = [
    ...becauseOf(table, 'table netdev holdfast is missing'),
    ...becauseOf(tree, `${uploadDevice} has no tree`),
  ];
  return { kind: 'damaged', because };
}

function becauseOf(scaffold: Scaffold, whenMissing: string): readonly string[] {
  if (scaffold.kind === 'damaged') return scaffold.because;
  return scaffold.kind === 'missing' ? [whenMissing] : [];
}

function joined(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return other.size === 0 ? one : new Map([...one, ...other]);
}
