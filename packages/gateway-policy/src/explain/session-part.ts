/**
 * The part of a state that is about one session: its addresses, and what these and its device lead to. Of the desired state
 * and of the actual one, so that both can be compared by the same words as in any run.
 */
import type { GatewayRow } from '@holdfast/truth-db';
import type { Address } from '../address.ts';
import { isUpload, nameOf, uploadOf } from '../direction.ts';
import type { PolicyState } from '../policy-state.ts';

/** By what a session is found in a state. */
export interface SessionPlace {
  readonly layout: GatewayRow['layout'];
  readonly addresses: readonly Address[];
  /** The session's own device; null where it has none. */
  readonly ifname: string | null;
}

/** @param others - further class ids that the session is to have */
export function partOf(state: PolicyState, place: SessionPlace, others: Iterable<string> = []): PolicyState {
  const classOf = only(state.classOf, namesIn(place));
  const shaped = place.layout === 'per-interface' ? devicesIn(place) : [...classOf.values(), ...others];
  return {
    restricted: new Set(place.addresses.filter((address) => state.restricted.has(address))),
    classOf,
    classes: only(state.classes, shaped),
  };
}

/** What happens to the packets of a session, as a state says. */
export interface Effect {
  /** Whether anything is forwarded from and to it: to all of its addresses, to some, to none. */
  readonly forwards: 'all' | 'some' | 'none';
  /** Null for no limit. */
  readonly down: string | null;
  readonly up: string | null;
}

export function effectOf({ restricted, classOf, classes }: PolicyState, place: SessionPlace): Effect {
  const blocked = place.addresses.filter((address) => restricted.has(address)).length;
  const isAll = blocked > 0 && blocked === place.addresses.length;
  const forwards = blocked === 0 ? 'all' : isAll ? 'none' : 'some';
  if (place.layout === 'per-interface') {
    const [device = ''] = devicesIn(place);
    return { forwards, down: classes.get(device) ?? null, up: classOf.get(uploadOf(device)) ?? null };
  }
  const rates = (isUp: boolean) => {
    const [classId] = Array.from(classOf).flatMap(([name, to]) => (isUpload(name) === isUp ? [to] : []));
    return classId === undefined ? null : (classes.get(classId) ?? null);
  };
  return { forwards, down: rates(false), up: rates(true) };
}

/** The objects of a part in the words of a report, each with its value. */
export function objectsOf({ restricted, classOf, classes }: PolicyState): readonly PolicyObject[] {
  return [
    ...Array.from(restricted, (address) => ({ object: `restricted ${address}`, value: 'present' })),
    ...Array.from(classOf, ([name, to]) => ({ object: `class-of ${name}`, value: to })),
    ...Array.from(classes, ([classId, rate]) => ({ object: `class ${classId}`, value: rate })),
  ];
}

export interface PolicyObject {
  /** As in the drift of a report: `restricted 10.0.0.7`, `class-of 10.0.0.7/up`, `class 3:1f`, `class ppp0`. */
  readonly object: string;
  readonly value: string;
}

function namesIn(place: SessionPlace): readonly string[] {
  const names = place.layout === 'per-interface' ? devicesIn(place) : place.addresses;
  return names.flatMap((name) => [nameOf(name), uploadOf(name)]);
}

function devicesIn({ ifname }: SessionPlace): readonly string[] {
  return ifname === null ? [] : [ifname];
}

function only(map: ReadonlyMap<string, string>, names: Iterable<string>): ReadonlyMap<string, string> {
  const wanted = new Set(names);
  return new Map(Array.from(map).filter(([name]) => wanted.has(name)));
}
