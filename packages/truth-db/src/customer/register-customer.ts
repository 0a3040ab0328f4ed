/**
 * Adding a customer, and giving one a password. A password is hashed before the transaction begins: it takes longer than
 * everything else in it.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { noPassword, type PasswordHasher } from '../password/password-hasher.ts';
import { requireVersion } from '../row-version.ts';
import type { Truth, TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { deletedCustomer, lockCustomer } from './customer-row.ts';
import { normalizeEmail } from './email-address.ts';

export interface NewCustomer {
  readonly email: string;
  /** Without one nobody can log in until one is set. */
  readonly password?: string;
  readonly at: Moment;
}

/**
 * Adds an active customer.
 *
 * @returns the id
 * @throws HoldfastError EMAIL_INVALID - not an address
 * @throws HoldfastError EMAIL_TAKEN - a customer has it, perhaps a deleted one
 * @throws HoldfastError PASSWORD_REFUSED - too short or too long
 */
export async function registerCustomer(
  truth: Truth,
  customer: NewCustomer,
  passwords: PasswordHasher,
): Promise<number> {
  const { email, password, at } = customer;
  // Refused before the hash is paid for.
  const address = normalizeEmail(email);
  const passwordHash = password === undefined ? noPassword : await passwords.hash(password);
  return truth.transaction((trx) => addCustomer(trx, { email: address, passwordHash, at }));
}

/**
 * The same as a part of a larger transaction.
 *
 * @param customer - with a hash as `PasswordHasher.hash` makes it, or `noPassword`
 * @throws HoldfastError EMAIL_INVALID, EMAIL_TAKEN - as `registerCustomer`
 */
export async function addCustomer(
  trx: TruthTransaction,
  customer: { readonly email: string; readonly passwordHash: string; readonly at: Moment },
): Promise<number> {
  const email = normalizeEmail(customer.email);
  try {
    const { insertId } = await trx
      .insertInto('customers')
      .values({
        email,
        password_hash: customer.passwordHash,
        created_at: encodeTime(customer.at),
        status: 'active',
      })
      .executeTakeFirstOrThrow();
    return Number(insertId);
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID') || error.details.constraint !== 'unique') throw error;
    throw new HoldfastError('EMAIL_TAKEN', 'a customer with this e-mail address is registered already', {
      cause: error,
    });
  }
}

export interface NewPassword {
  readonly customerId: number;
  readonly password: string;
  /** The version that whoever asks has seen; without it, whatever is current. */
  readonly version?: number;
}

/**
 * Sets the password of a customer.
 *
 * @throws HoldfastError PASSWORD_REFUSED - too short or too long
 * @throws HoldfastError CUSTOMER_UNKNOWN - truth has no such customer
 * @throws HoldfastError CUSTOMER_DELETED - a deleted customer has no password any more
 * @throws HoldfastError VERSION_CONFLICT - somebody changed the customer after the version that was seen
 */
export async function setPassword(
  truth: Truth,
  { customerId, password, version }: NewPassword,
  passwords: PasswordHasher,
): Promise<void> {
  const hash = await passwords.hash(password);
  await truth.transaction(async (trx) => {
    const row = await lockCustomer(trx, customerId);
    requireVersion(`customer ${customerId}`, version, row.version);
    if (row.status === 'deleted') throw deletedCustomer(customerId);
    await trx
      .updateTable('customers')
      .set((eb) => ({ password_hash: hash, version: eb('version', '+', 1) }))
      .where('id', '=', customerId)
      .execute();
  });
}
