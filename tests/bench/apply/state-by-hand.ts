/**
 * The same state as two scripts for nft and tc, as somebody would feed them to the kernel who knows the best layout: the
 * scripts are those of the kernel dataplane, without anything around them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ActualState, type Changes, desiredState, diffState } from '@holdfast/gateway-policy';
import { openTruth, readGatewaySnapshot } from '@holdfast/truth-db';
import { builtModule } from '../workspace.ts';
import { benchDevice } from './bench-namespace.ts';
import { benchGateway, benchShards } from './seed-sessions.ts';

const { sharedDeviceLayout } = (await import(
  builtModule('gateway-policy', 'kernel/shared-device-layout.js')
)) as {
  sharedDeviceLayout(
    gateway: object,
    commands: object,
  ): {
    nftScript(changes: Changes): string;
    tcEffects(changes: Changes, held: undefined): { addClasses(): Promise<void> };
  };
};

const { tcShowLines } = (await import(builtModule('gateway-policy', 'kernel/tc-tree.js'))) as {
  tcShowLines(tree: { readonly device: string; readonly shards: number }): readonly string[];
};

/** The two scripts of the kernel dataplane. */
async function scriptsOf(changes: Changes): Promise<{ readonly tc: string; readonly nft: string }> {
  let tc = '';
  const batchTc = async (script: string) => {
    tc += script;
  };
  const layout = sharedDeviceLayout({ device: benchDevice, shards: benchShards }, { batchTc });
  await layout.tcEffects(changes, undefined).addClasses();
  return { tc, nft: layout.nftScript(changes) };
}

const nothing: ActualState = {
  restricted: new Set(),
  classOf: new Map(),
  classes: new Map(),
  nft: { kind: 'missing' },
  tc: { kind: 'missing' },
};

/** Writes the scripts into `directory`. @returns the shell command that makes the state */
export async function stateByHand(url: string, directory: string): Promise<string> {
  await using truth = openTruth(url);
  const snapshot = await readGatewaySnapshot(truth, benchGateway, Date.now());
  if (snapshot === undefined) throw new Error(`truth has no gateway ${benchGateway}`);
  const changes = diffState(desiredState(snapshot), nothing);
  const tcPath = join(directory, 'classes.tc');
  const nftPath = join(directory, 'table.nft');
  const { tc, nft } = await scriptsOf(changes);
  writeFileSync(tcPath, tc);
  writeFileSync(nftPath, nft);
  return `tc -batch ${tcPath} && nft -f ${nftPath}`;
}

/** Lists the state to nowhere: what any look at the kernel costs at the least. */
export const listing = `nft -j list table inet holdfast >/dev/null && tc class show dev ${benchDevice} >/dev/null`;

/** The same with both at once, and the classes of each HTB by themselves, which the kernel finds faster. */
export function listingByHtb(directory: string): string {
  const path = join(directory, 'listing.tc');
  const lines = tcShowLines({ device: benchDevice, shards: benchShards }).filter((line) =>
    line.startsWith('class '),
  );
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return `nft -j list table inet holdfast >/dev/null & tc -batch ${path} >/dev/null; wait`;
}
