/**
 * Names of spooled events: `MS-COUNT-UUID.accounting`. The moment of receipt and a count of this process make them sort in
 * the order in which they came; the UUID keeps several mappers apart.
 */
import { randomUUID } from 'node:crypto';

const pattern = /^(\d{15})-\d{6}-[0-9a-f-]{36}\.accounting$/;

let count = 0;

export function createSpoolName(receivedMs: number): string {
  count = (count + 1) % 1_000_000;
  const ms = String(Math.max(0, Math.trunc(receivedMs))).padStart(15, '0');
  return `${ms}-${String(count).padStart(6, '0')}-${randomUUID()}.accounting`;
}

/** @returns the moment of receipt in milliseconds since the Unix epoch; undefined for a file of another kind */
export function receiptOf(name: string): number | undefined {
  const ms = pattern.exec(name)?.[1];
  return ms === undefined ? undefined : Number(ms);
}
