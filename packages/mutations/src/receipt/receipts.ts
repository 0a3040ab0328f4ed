/**
 * Receipts: which mutations of a principal are committed, and what they were answered. A receipt is written in the
 * transaction of its mutation and in no other way, so there is none for what did not happen, and none that stays open.
 *
 * Refusals leave no receipt: the id of a request that was refused is as good as new.
 */
import { isHoldfastError } from '@holdfast/base';
import { encodeTime, overtaken, statement, type TruthTransaction } from '@holdfast/truth-db';
import { sql } from 'kysely';
import type { JsonObject } from '../request/json.ts';

/** Whose mutation it is: an id means something only together with who sent it. */
export interface ReceiptKey {
  readonly profile: string;
  readonly principal: string;
  readonly mutationId: string;
}

export interface Receipt {
  readonly fingerprint: string;
  /** HTTP status of the answer. */
  readonly status: number;
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** What was answered; undefined when it was too large to keep. */
  readonly response: JsonObject | undefined;
}

/** Longest response that is kept, in characters of JSON. */
const mostCharacters = 8_000;

const find = statement<{
  fingerprint: string;
  status: number;
  kind: string;
  resource_id: string;
  version: number;
  response: string | null;
}>(
  () => sql`
    select fingerprint, status, kind, resource_id, version, response from mutation_receipts
    where profile = ${null} and principal = ${null} and mutation_id = ${null}`,
);

export async function findReceipt(
  trx: TruthTransaction,
  { profile, principal, mutationId }: ReceiptKey,
): Promise<Receipt | undefined> {
  const { rows } = await find(trx, [profile, principal, mutationId]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { resource_id: id, response, ...receipt } = row;
  return {
    ...receipt,
    id,
    response: response === null ? undefined : (JSON.parse(response) as JsonObject),
  };
}

const insert = statement(
  () => sql`
    insert into mutation_receipts
      (profile, principal, mutation_id, fingerprint, status, kind, resource_id, version, response, created_at)
    values (${sql.join(Array.from({ length: 10 }, () => null))})`,
);

/**
 * Writes the receipt of what this transaction does.
 *
 * @param at - milliseconds since the Unix epoch
 * @throws HoldfastError DATABASE_BUSY - another transaction has committed the same mutation meanwhile: run again from the
 *   start, this one finds its receipt, or finds that it was swept and is the first
 */
export async function addReceipt(
  trx: TruthTransaction,
  { profile, principal, mutationId }: ReceiptKey,
  receipt: Receipt,
  at: number,
): Promise<void> {
  const { fingerprint, status, kind, id, version } = receipt;
  const response = keptResponse(receipt.response);
  const values = [profile, principal, mutationId, fingerprint, status, kind, id, version, response];
  try {
    await insert(trx, [...values, encodeTime(at)]);
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID') || error.details.constraint !== 'primary-key') throw error;
    throw overtaken(`the receipt of mutation ${mutationId}`);
  }
}

function keptResponse(response: JsonObject | undefined): string | null {
  if (response === undefined) return null;
  const text = JSON.stringify(response);
  return text.length > mostCharacters ? null : text;
}
