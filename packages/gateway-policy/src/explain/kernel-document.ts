/**
 * A look at a gateway as the JSON document that others read: what is live, counted, with its first objects in the order of
 * their addresses and classes, and what differs from truth. Keys are stable; new ones may be added.
 */
import { isIP } from 'node:net';
import { isUpload, nameOf } from '../direction.ts';
import type { DriftEntry } from '../drift.ts';
import type { ActualState, Scaffold } from '../policy-state.ts';
import type { GatewayLook } from './look-at-gateway.ts';

export interface KernelDocument {
  readonly kind: 'read';
  readonly gateway: string;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  /** Whether all drift is told; a gateway that does not rest tells what is missing or wrong of those it is not at. */
  readonly isWhole: boolean;
  readonly dataplane: 'kernel' | 'recorded';
  readonly nft: Scaffold['kind'];
  /** Of download and upload: upload that nobody needed yet is not missing. */
  readonly tc: Scaffold['kind'];
  /** `shaped`: addresses, or devices, with a limit of their own. */
  readonly counts: { readonly restricted: number; readonly shaped: number; readonly classes: number };
  readonly restricted: readonly string[];
  readonly classes: readonly LiveClass[];
  readonly drift: readonly DriftEntry[];
  readonly driftTotal: number;
}

export interface LiveClass {
  /** `3:1f`, `3:1f/up`; per interface `ppp0`, `ppp0/up`. */
  readonly id: string;
  readonly rate: string;
  /** Whose packets it limits; empty for a device, which is of one session. */
  readonly addresses: readonly string[];
}

/** How many objects of a kind, and how many differences, are named. */
const mostObjects = 500;
const mostDrift = 100;

export function kernelDocument(
  gateway: string,
  { at, isWhole, dataplane, actual, drift }: GatewayLook & { readonly kind: 'read' },
): KernelDocument {
  const { restricted, classOf, nft, tc, upload } = actual;
  const rates = ratesIn(actual);
  const limited = [...classOf.keys(), ...[...rates.keys()].filter((id) => !isClassId(id))].map(nameOf);
  return {
    kind: 'read',
    gateway,
    at: new Date(at).toISOString(),
    isWhole,
    dataplane,
    nft: nft.kind,
    tc: upload?.kind === 'damaged' ? 'damaged' : tc.kind,
    counts: { restricted: restricted.size, shaped: new Set(limited).size, classes: rates.size },
    restricted: firstOf(restricted, addressKey),
    classes: firstClasses(rates, classOf),
    drift: drift.slice(0, mostDrift),
    driftTotal: drift.length,
  };
}

/** Everything that limits: the upload limit of a session's own device stands with nft, not with tc. */
function ratesIn({ classes, classOf }: ActualState): ReadonlyMap<string, string> {
  const limits = Array.from(classOf).filter(([name]) => isUpload(name) && isIP(nameOf(name)) === 0);
  return limits.length === 0 ? classes : new Map([...classes, ...limits]);
}

function firstClasses(
  rates: ReadonlyMap<string, string>,
  classOf: ActualState['classOf'],
): readonly LiveClass[] {
  const addresses = new Map(firstOf(rates.keys(), classKey).map((id) => [id, [] as string[]]));
  for (const [name, id] of classOf) addresses.get(id)?.push(nameOf(name));
  return Array.from(addresses, ([id, names]) => ({
    id,
    rate: rates.get(id) ?? '',
    addresses: firstOf(names, addressKey),
  }));
}

function firstOf(values: Iterable<string>, keyOf: (value: string) => string): readonly string[] {
  return Array.from(values, (value) => ({ value, key: keyOf(value) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, mostObjects)
    .map(({ value }) => value);
}

/** By number, those of IPv6 last. */
function addressKey(address: string): string {
  return isIP(address) === 4 ? address.replaceAll(/\d+/g, (byte) => byte.padStart(3, '0')) : `~${address}`;
}

/** By the numbers of a class or a device, an upload behind its download. */
function classKey(id: string): string {
  const number = isClassId(id) ? /[0-9a-f]+(?=:|$|\/)/g : /\d+/g;
  return id.replaceAll(number, (digits) => digits.padStart(10, '0'));
}

function isClassId(id: string): boolean {
  return id.includes(':');
}
