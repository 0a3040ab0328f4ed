/**
 * What one session row asks of the kernel. Reads nothing but the row and the number of shards; uniqueness across rows
 * is the business of `desired-state.ts`.
 */
import type { SessionRow } from '@holdfast/truth-db';
import { type Address, canonicalAddress, isClientAddress, lastByteOf } from './address.ts';
import { type ClassId, classIdOfSlot, isShardCount } from './class-id.ts';
import type { ReportProblem } from './snapshot-problem.ts';
import { formatTcRate, maxRateKbit, type RateText } from './tc-rate.ts';

export interface SessionPolicy {
  /** Canonical addresses with the column each came from; empty until the NAS has told one. */
  readonly addresses: readonly { readonly column: string; readonly address: Address }[];
  readonly isRestricted: boolean;
  /** Null for a session without limit, or without an address to find it by. */
  readonly shaping: { readonly classId: ClassId; readonly rate: RateText } | null;
}

/** The policy of a row. What cannot be used is reported and left out. */
export function sessionPolicy(session: SessionRow, shards: number, report: ReportProblem): SessionPolicy {
  const addresses = [
    ...readAddress(session, 'framed_ip', session.framedIp, 4, report),
    ...readAddress(session, 'framed_ipv6', session.framedIpv6, 6, report),
  ];
  const slot = readSlot(session, addresses[0]?.address, shards, report);
  const rate = readRate(session, report);
  const isShaped = rate !== null && addresses.length > 0;
  if (isShaped && session.shapingSlot === null) {
    const problem = 'a shaped session with an address needs a slot';
    report({ connection: session.vpnConnectionId, column: 'shaping_slot', value: null, problem });
  }
  return {
    addresses,
    // A disabled connection has no right to be here at all: nothing passes until its session is disconnected.
    isRestricted: session.restrictedEffective || session.status === 'DISABLED',
    shaping: isShaped && slot !== null ? { classId: classIdOfSlot(slot, shards), rate } : null,
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

function readRate(session: SessionRow, report: ReportProblem): RateText | null {
  const kbit = session.downKbit;
  if (kbit === null) return null;
  if (Number.isSafeInteger(kbit) && kbit >= 1 && kbit <= maxRateKbit) return formatTcRate(kbit * 1_000);
  const problem = `not a whole number of kbit/s from 1 to ${maxRateKbit}`;
  report({ connection: session.vpnConnectionId, column: 'down_kbit', value: kbit, problem });
  return null;
}
