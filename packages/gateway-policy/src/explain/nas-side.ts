/** What the NAS of a session was told last, and what a run would tell it now. Nothing is sent. */
import {
  disconnectedMark,
  type GatewayStanding,
  readNasSnapshot,
  type StoryConnection,
  type StorySession,
  type Truth,
} from '@holdfast/truth-db';
import { nasActions } from '../nas/nas-actions.ts';
import { nasMarkOf } from '../nas/nas-mark.ts';
import { nasAttributesOf } from '../nas/nas-profile.ts';
import { type NasDrift, pendingDrift } from '../nas/nas-report.ts';

export interface NasSide {
  readonly nasIp: string | null;
  /** What it acknowledged last: what truth wants now, something else, an end of the session, nothing at all. */
  readonly acknowledged: 'current' | 'other' | 'disconnect' | 'nothing';
  /** What it was to be told, as attributes; empty where its gateway's NASes are told none. */
  readonly attributes: readonly string[];
  /** Why the gateway's NASes are told nothing; undefined when they are. */
  readonly untold?: string;
  /** What a run would ask it, or asks it again later. */
  readonly drift: readonly NasDrift[];
}

export interface NasSideQuestion {
  readonly truth: Truth;
  readonly gateway: GatewayStanding;
  readonly connection: StoryConnection;
  readonly session: StorySession | undefined;
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
}

export async function readNasSide(question: NasSideQuestion): Promise<NasSide> {
  const { gateway, connection, session } = question;
  const attributes = nasAttributesOf(gateway.nasProfile, connection);
  const untold = whyUntold(gateway, session);
  return {
    nasIp: session?.nasIp ?? null,
    acknowledged: acknowledgedBy(session?.nasApplied ?? null, nasMarkOf(attributes)),
    attributes: attributes.map(({ name, value }) => `${name}=${value}`),
    ...(untold === undefined ? {} : { untold }),
    drift: await readDrift(question),
  };
}

function acknowledgedBy(applied: string | null, wanted: string): NasSide['acknowledged'] {
  if (applied === null) return 'nothing';
  if (applied === disconnectedMark) return 'disconnect';
  return applied === wanted ? 'current' : 'other';
}

function whyUntold(gateway: GatewayStanding, session: StorySession | undefined): string | undefined {
  if (!gateway.hasNasSecret) return `gateway ${gateway.name} has no secret for its NASes`;
  if (session !== undefined && session.nasIp === null) return 'the session names no NAS';
  return gateway.nasProfile === null ? `gateway ${gateway.name} has no NAS profile` : undefined;
}

async function readDrift(question: NasSideQuestion): Promise<readonly NasDrift[]> {
  const { truth, gateway, connection, at } = question;
  const connections = [connection.id];
  const snapshot = await readNasSnapshot(truth, { gateway: gateway.name, at, connections });
  if (snapshot === undefined || snapshot.gateway.secret === null) return [];
  const ofThis = {
    ...snapshot,
    ended: snapshot.ended.filter((one) => one.vpnConnectionId === connection.id),
  };
  const { due, deferred } = nasActions(ofThis, at);
  return pendingDrift(due, deferred);
}
