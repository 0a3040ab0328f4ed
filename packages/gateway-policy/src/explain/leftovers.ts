/**
 * What runs and writers that were killed have left in the state directory. Looked at and left alone: the next run rolls an
 * intent forward and sweeps the temporary files, under the lock.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicWriter, nodeFilePort } from '@holdfast/atomic-writer';
import { isHoldfastError } from '@holdfast/base';
import { StateReader } from '@holdfast/state';
import { isGatewayName } from '@holdfast/truth-db';
import * as z from 'zod/mini';
import { policyDocuments } from '../command/policy-documents.ts';
import { policyScope } from '../command/policy-trigger.ts';

export interface GatewayLeftovers {
  /** 'damaged': nobody can tell what it says; it counts as open. 'paused': a run gave way and comes back. */
  readonly intent: 'none' | 'open' | 'damaged' | 'paused';
  readonly isHistoryDamaged: boolean;
}

export async function readGatewayLeftovers(stateDir: string, gateway: string): Promise<GatewayLeftovers> {
  const documents = policyDocuments({ stateDir, gateway });
  const isIntentDamaged = await isDamaged(join(stateDir, 'runs', `${gateway}.intent.json`), gateway);
  const isOpen = isIntentDamaged || (await documents.intent.isOpen());
  const isPaused = await documents.isPaused();
  return {
    intent: isIntentDamaged ? 'damaged' : isOpen ? 'open' : isPaused ? 'paused' : 'none',
    isHistoryDamaged: await isDamaged(join(stateDir, 'runs', `${gateway}.json`), gateway),
  };
}

/** Whatever it says, as long as it is whole. */
const anything = z.unknown();

async function isDamaged(path: string, gateway: string): Promise<boolean> {
  const writer = new AtomicWriter({ durability: 'none' });
  const reader = new StateReader({ scope: policyScope(gateway), validator: anything, writer });
  try {
    return (await reader.read(path)).source === 'last-good';
  } catch (error) {
    if (isHoldfastError(error, 'DOCUMENT_INVALID')) return true;
    throw error;
  }
}

/** The gateways that have run, or begun to run, on this machine; as the files say, whatever truth says. */
export async function gatewaysWithRuns(stateDir: string): Promise<readonly string[]> {
  const directory = join(stateDir, 'runs');
  const names = existsSync(directory) ? await readdir(directory) : [];
  const gateways = names.flatMap((name) => /^([^.]+)(?:\.intent)?\.json$/.exec(name)?.[1] ?? []);
  return [...new Set(gateways)].filter(isGatewayName).sort();
}

export interface Orphans {
  /** Paths of temporary files whose writers are dead. */
  readonly dead: readonly string[];
  /** Of writers that cannot be seen from here: another boot, another container. */
  readonly outOfSight: readonly string[];
}

/** What a sweep would remove, found by a sweep that removes nothing. */
export async function readOrphans(stateDir: string): Promise<Orphans> {
  const look = new AtomicWriter({ fs: { ...nodeFilePort, unlink: () => undefined } });
  const dead: string[] = [];
  const outOfSight: string[] = [];
  for (const directory of [stateDir, join(stateDir, 'runs'), join(stateDir, 'locks')]) {
    if (!existsSync(directory)) continue;
    const { removed, kept } = await look.sweepOrphans(directory);
    dead.push(...removed.map((name) => join(directory, name)));
    const foreign = kept.filter(({ reason }) => /^owner-(?!alive)/.test(reason));
    outOfSight.push(...foreign.map(({ name }) => join(directory, name)));
  }
  return { dead, outOfSight };
}
