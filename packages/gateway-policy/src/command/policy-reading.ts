/** What a run reads of truth: everything, or what changed since the last run of this process. */
import type { Held } from '@holdfast/base';
import type { TruthReading } from '@holdfast/cycle';
import {
  readCovered,
  readGatewayNews,
  readGatewaySnapshot,
  type SessionRow,
  type Truth,
  unknownGateway,
} from '@holdfast/truth-db';
import { desiredState, digestOf } from '../index.ts';
import type { PolicyMemory } from './policy-memory.ts';
import type { PolicyTarget } from './policy-target.ts';

export interface PolicySource {
  readonly truth: Truth;
  readonly gateway: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * @param isFocused - whether a run that gave way does what triggers do not name
 * @throws HoldfastError TRUTH_INVALID, CONFIG_INVALID
 */
export async function readWhole(
  { truth, gateway, now }: PolicySource,
  isFocused: boolean,
): Promise<TruthReading<PolicyTarget>> {
  const asked = isFocused ? await readAsked(truth, gateway, now()) : undefined;
  const snapshot = await readGatewaySnapshot(truth, gateway, now());
  if (snapshot === undefined) throw unknownGateway(gateway);
  const state = desiredState(snapshot);
  const { sessions, newestTrigger } = snapshot;
  const desired = { gateway: snapshot.gateway, state, sessions, digest: digestOf(state) };
  // Triggers that came between the two readings are covered by the next run.
  if (asked === undefined) return { desired, covers: newestTrigger };
  const focus = desiredState({ ...snapshot, sessions: sessions.filter(isOf(asked.connections)) });
  return { desired: { ...desired, focus }, covers: asked.newestTrigger };
}

/** The connections of all triggers that are not covered; undefined when one of them names none. */
async function readAsked(
  truth: Truth,
  gateway: string,
  now: number,
): Promise<{ readonly connections: ReadonlySet<number>; readonly newestTrigger: number } | undefined> {
  const since = await readCovered(truth, gateway);
  const news = await readGatewayNews(truth, gateway, { since, now });
  return news?.connections && { connections: new Set(news.connections), newestTrigger: news.newestTrigger };
}

function isOf(connections: ReadonlySet<number>): (session: SessionRow) => boolean {
  return ({ vpnConnectionId }) => connections.has(vpnConnectionId);
}

/** @returns undefined where the memory does not reach */
export async function readNews(
  { truth, gateway, now }: PolicySource,
  memory: PolicyMemory,
  held: Held,
): Promise<TruthReading<PolicyTarget> | undefined> {
  const since = memory.knownBy(await held.fence());
  if (since === undefined) return undefined;
  const news = await readGatewayNews(truth, gateway, { since, now: now() });
  if (news === undefined) throw unknownGateway(gateway);
  const desired = memory.targetOf(news);
  return desired && { desired, covers: news.newestTrigger };
}
