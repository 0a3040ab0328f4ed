/**
 * What truth wants for one session beside what is live of it, compared as a run compares the whole. The session may be gone:
 * then nothing is wanted where it was.
 */
import type {
  ClientStories,
  ClientStory,
  GatewaySnapshot,
  GatewayStanding,
  SessionRow,
} from '@holdfast/truth-db';
import { diffState } from '../diff-state.ts';
import { type DriftEntry, driftOf } from '../drift.ts';
import type { ActualState, PolicyState } from '../policy-state.ts';
import type { AskedClient } from './asked-client.ts';
import type { AnsweredSession, Found, Wanted } from './client-answer.ts';
import type { KernelLook } from './kernel-look.ts';
import { effectOf, objectsOf, partOf, type SessionPlace } from './session-part.ts';
import { placeOf, type SessionWish, sessionWish } from './session-wish.ts';

export interface Comparing {
  readonly stories: ClientStories;
  readonly story: ClientStory;
  readonly gateway: GatewayStanding;
  readonly asked: AskedClient;
  readonly session: AnsweredSession | null;
}

export interface Compared {
  readonly addresses: readonly string[];
  readonly desired: Wanted;
  readonly actual: Found;
  readonly drift: readonly DriftEntry[];
}

export function compareSession(
  { stories, story, gateway, asked, session }: Comparing,
  kernel: KernelLook,
): Compared {
  const snapshot = stories.snapshots.get(gateway.name) ?? { gateway, newestTrigger: 0, sessions: [] };
  const { id } = story.connection;
  const row = snapshot.sessions.find(({ vpnConnectionId }) => vpnConnectionId === id);
  const place = row === undefined ? placeLeft(snapshot, session, asked) : placeOf(gateway.layout, row);
  const wish = sessionWish(snapshot, row, place);
  const wanted = wish.kind === 'known' ? wish.part : undefined;
  const found = kernel.kind === 'read' ? partOf(kernel.actual, place, wanted?.classes.keys()) : undefined;
  return {
    addresses: place.addresses,
    desired: wantedOf(wish, place, row !== undefined),
    actual: kernel.kind === 'read' && found !== undefined ? foundOf(kernel, found, place) : unread(kernel),
    drift:
      kernel.kind === 'read' && wanted !== undefined && found !== undefined
        ? driftBetween(wanted, found, kernel.actual)
        : [],
  };
}

/** Where an ended session was, as far as nobody else is there now. */
function placeLeft(
  { gateway, sessions }: GatewaySnapshot,
  session: AnsweredSession | null,
  { address }: AskedClient,
): SessionPlace {
  const places = sessions.map((row: SessionRow) => placeOf(gateway.layout, row));
  const taken = new Set(places.flatMap(({ addresses, ifname }) => [...addresses, ifname]));
  const left = placeOf(gateway.layout, session ?? { framedIp: null, framedIpv6: null, ifname: null });
  const addresses = new Set([...left.addresses, ...(address === undefined ? [] : [address])]);
  return {
    layout: gateway.layout,
    addresses: [...addresses].filter((one) => !taken.has(one)),
    ifname: left.ifname !== null && taken.has(left.ifname) ? null : left.ifname,
  };
}

function wantedOf(wish: SessionWish, place: SessionPlace, isHeld: boolean): Wanted {
  if (wish.kind === 'invalid') {
    return { effect: null, objects: [], problems: wish.own, otherProblems: wish.others };
  }
  const effect = isHeld ? effectOf(wish.part, place) : null;
  return { effect, objects: objectsOf(wish.part), problems: [], otherProblems: 0 };
}

function foundOf(
  { dataplane }: Extract<KernelLook, { kind: 'read' }>,
  part: PolicyState,
  place: SessionPlace,
): Found {
  return { kind: 'read', dataplane, effect: effectOf(part, place), objects: objectsOf(part) };
}

function unread(kernel: KernelLook): Extract<KernelLook, { kind: 'unread' }> {
  return kernel.kind === 'unread' ? kernel : { kind: 'unread', code: null, because: 'it was not looked at' };
}

/**
 * What is built around all sessions counts as well: without it none of its elements has an effect. What is left behind on
 * other devices has none on this session.
 */
function driftBetween(wanted: PolicyState, found: PolicyState, actual: ActualState): readonly DriftEntry[] {
  return driftOf(diffState(wanted, { ...actual, ...found, leftovers: [] }));
}
