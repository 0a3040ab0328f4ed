/**
 * Fills an embedded truth with sessions, by statements of many rows: what `startSession` would do one by one. One session
 * in twenty is restricted, rates are of five kinds, addresses spread evenly over the shards.
 */
import { join } from 'node:path';
import {
  addGateway,
  encodeTime,
  migrate,
  openTruth,
  slotFor,
  type TruthTransaction,
} from '@holdfast/truth-db';
import { benchDevice } from './bench-namespace.ts';

export const benchGateway = 'bench';
export const benchShards = 256;

const rowsOfStatement = 500;
const ratesKbit = [2_000, 10_000, 50_000, 100_000, 1_000_000] as const;
const dayMs = 86_400_000;

/** @returns the URL of the truth */
export async function seedSessions(stateDir: string, sessions: number): Promise<string> {
  const url = `sqlite:${join(stateDir, 'truth.sqlite')}`;
  await using truth = openTruth(url);
  await migrate(truth);
  await truth.transaction(async (trx) => {
    await addGateway(trx, {
      name: benchGateway,
      layout: 'shared-device',
      device: benchDevice,
      shards: benchShards,
    });
    for (let first = 1; first <= sessions; first += rowsOfStatement) {
      const count = Math.min(rowsOfStatement, sessions - first + 1);
      await addSessions(
        trx,
        Array.from({ length: count }, (_, index) => first + index),
      );
    }
  });
  return url;
}

/** @param numbers - from 1 up; each is the id of its connection */
async function addSessions(trx: TruthTransaction, numbers: readonly number[]): Promise<void> {
  const nowMs = Date.now();
  const now = encodeTime(nowMs);
  const later = encodeTime(nowMs + 30 * dayMs);
  await trx
    .insertInto('vpn_connections')
    .values(
      numbers.map((number) => ({
        id: number,
        token: `bench-${number}`,
        created_at: now,
        status: 'PREPROVISIONED' as const,
        unclaimed_grace_until: later,
        claim_deadline: later,
        restricted_reason: number % 20 === 0 ? ('QUOTA' as const) : null,
        restricted_effective: number % 20 === 0 ? (1 as const) : (0 as const),
        down_kbit: ratesKbit[number % ratesKbit.length] ?? null,
      })),
    )
    .execute();
  await trx
    .insertInto('active_session_locks')
    .values(
      numbers.map((number) => ({
        vpn_connection_id: number,
        session_key: `bench-${number}`,
        acquired_at: now,
        expires_at: later,
        state: 'held' as const,
        gateway: benchGateway,
        framed_ip: addressOf(number),
        confirmed_at: now,
        shaping_slot: slotFor(number % benchShards, Math.floor(number / benchShards) + 1),
      })),
    )
    .execute();
}

/** 10.64.0.0/10 by number: the last octet, and with it the shard, is the number modulo 256. */
function addressOf(number: number): string {
  return `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}
