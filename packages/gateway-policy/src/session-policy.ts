/**
 * What one session row asks of the kernel. Reads nothing but the row and the gateway's layout; uniqueness across rows is the
 * business of `desired-state.ts`.
 */
import type { GatewayRow, SessionRow } from '@holdfast/truth-db';
import { type Address, canonicalAddress, isClientAddress, lastByteOf } from './address.ts';
import { type ClassId, classIdOfSlot, isShardCount } from './class-id.ts';
import { isDeviceName } from './device-name.ts';
import { uploadOf } from './direction.ts';
import type { ReportProblem } from './snapshot-problem.ts';
import { formatTcRate, maxRateKbit, type RateText } from './tc-rate.ts';

export interface SessionPolicy {
  /** Canonical addresses with the column each came from; empty until the NAS has told one. */
  readonly addresses: readonly { readonly column: string; readonly address: Address }[];
  readonly isRestricted: boolean;
  /** Entries of `PolicyState.classOf`. */
  readonly classOf: readonly (readonly [name: string, to: ClassId | RateText])[];
  /** Entries of `PolicyState.classes`. */
  readonly classes: readonly (readonly [classId: ClassId, rate: RateText])[];
}

type Gateway = Pick<GatewayRow, 'layout' | 'shards'>;
type Shaping = Pick<SessionPolicy, 'classOf' | 'classes'>;

const unshaped: Shaping = { classOf: [], classes: [] };

/** The policy of a row. What cannot be used is reported and left out. */
export function sessionPolicy(session: SessionRow, gateway: Gateway, report: ReportProblem): SessionPolicy {
  const addresses = [
    ...readAddress(session, 'framed_ip', session.framedIp, 4, report),
    ...readAddress(session, 'framed_ipv6', session.framedIpv6, 6, report),
  ];
  const limits = {
    down: readRate(session, 'down_kbit', session.downKbit, report),
    up: readRate(session, 'up_kbit', session.upKbit, report),
  };
  const shaping =
    gateway.layout === 'shared-device'
      ? classShaping(session, { ...limits, addresses, shards: gateway.shards, report })
      : deviceShaping(session, { ...limits, report });
  return {
    addresses,
    // A disabled connection has no right to be here at all: nothing passes until its session is disconnected.
    isRestricted: session.restrictedEffective || session.status === 'DISABLED',
    ...shaping,
  };
}

interface Limits {
  readonly down: RateText | null;
  readonly up: RateText | null;
  readonly report: ReportProblem;
}

interface ClassLimits extends Limits {
  readonly addresses: SessionPolicy['addresses'];
  readonly shards: number;
}

/** One class in each direction that is limited, for both addresses together; none without an address to find it by. */
function classShaping(session: SessionRow, { down, up, addresses, shards, report }: ClassLimits): Shaping {
  const slot = readSlot(session, addresses[0]?.address, shards, report);
  if ((down === null && up === null) || addresses.length === 0) return unshaped;
  if (session.shapingSlot === null) {
    const problem = 'a shaped session with an address needs a slot';
    report({ connection: session.vpnConnectionId, column: 'shaping_slot', value: null, problem });
  }
  if (slot === null) return unshaped;
  const classId = classIdOfSlot(slot, shards);
  const classOf: [string, string][] = [];
  const classes: [string, string][] = [];
  const add = (rate: RateText, named: (name: string) => string) => {
    for (const { address } of addresses) classOf.push([named(address), named(classId)]);
    classes.push([named(classId), rate]);
  };
  if (down !== null) add(down, (name) => name);
  if (up !== null) add(up, uploadOf);
  return { classOf, classes };
}

/** A session that has no device yet is not shaped, which is no problem: its device is coming. */
function deviceShaping({ vpnConnectionId, ifname }: SessionRow, { down, up, report }: Limits): Shaping {
  if (ifname === null) return unshaped;
  if (!isDeviceName(ifname)) {
    const problem = 'not the name of a network device';
    report({ connection: vpnConnectionId, column: 'ifname', value: ifname, problem });
    return unshaped;
  }
  return {
    classOf: up === null ? [] : [[uploadOf(ifname), up]],
    classes: down === null ? [] : [[ifname, down]],
  };
}

function readAddress(
  session: SessionRow,
  column: string,
  value: string | null,
  family: 4 | 6,
  report: ReportProblem,
): SessionPolicy['addresses'] {
  if (value === null) return [];
  const address = canonicalAddress(value);
  const isFamily = address !== undefined && address.includes(':') === (family === 6);
  if (isFamily && isClientAddress(address)) return [{ column, address }];
  const problem = isFamily
    ? 'an unspecified, multicast or reserved address is nobody’s'
    : `not an IPv${family} address`;
  report({ connection: session.vpnConnectionId, column, value, problem });
  return [];
}

function readSlot(
  session: SessionRow,
  address: Address | undefined,
  shards: number,
  report: ReportProblem,
): number | null {
  const slot = session.shapingSlot;
  // Without a usable number of shards no slot can be judged, and the gateway row is reported already.
  if (slot === null || !isShardCount(shards)) return null;
  const isSlot = Number.isSafeInteger(slot) && slot > 0 && slot % 0x10000 !== 0 && slot < shards * 0x10000;
  const shard = Math.floor(slot / 0x10000);
  if (isSlot && (address === undefined || shard === lastByteOf(address) % shards)) return slot;
  const problem =
    isSlot && address !== undefined
      ? `in shard ${shard}, but ${address} belongs to shard ${lastByteOf(address) % shards}`
      : `not a slot: shard * 65536 + minor with shard 0 to ${shards - 1} and minor 1 to 65535`;
  report({ connection: session.vpnConnectionId, column: 'shaping_slot', value: slot, problem });
  return null;
}

function readRate(
  session: SessionRow,
  column: string,
  kbit: number | null,
  report: ReportProblem,
): RateText | null {
  if (kbit === null) return null;
  if (Number.isSafeInteger(kbit) && kbit >= 1 && kbit <= maxRateKbit) return formatTcRate(kbit * 1_000);
  const problem = `not a whole number of kbit/s from 1 to ${maxRateKbit}`;
  report({ connection: session.vpnConnectionId, column, value: kbit, problem });
  return null;
}
