/** The row of a customer, as far as its life and its connections depend on it. */
import { HoldfastError } from '@holdfast/base';
import { engineSql } from '../engine-sql.ts';
import type { CustomerStatus } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';

export interface CustomerRow {
  readonly id: number;
  readonly status: CustomerStatus;
  readonly version: number;
}

/**
 * Reads a customer to decide from, locked where the database has row locks: after its connections.
 *
 * @throws HoldfastError CUSTOMER_UNKNOWN - there is no such row
 */
export async function lockCustomer(trx: TruthTransaction, customerId: number): Promise<CustomerRow> {
  const row = await trx
    .selectFrom('customers')
    .select(['id', 'status', 'version'])
    .where('id', '=', customerId)
    .modifyEnd(engineSql(trx).forUpdate)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new HoldfastError('CUSTOMER_UNKNOWN', `truth has no customer ${customerId}`, {
    details: { customerId },
  });
}

/** The error for whatever is wanted of a deleted customer. */
export function deletedCustomer(customerId: number): HoldfastError {
  return new HoldfastError('CUSTOMER_DELETED', `customer ${customerId} was deleted`, {
    details: { customerId },
  });
}
