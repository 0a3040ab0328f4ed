/**
 * Whether an e-mail address and a password belong together. Unknown address, customer without a password and wrong
 * password are one answer at one cost; that a customer is suspended or deleted is told only to who has the password.
 *
 * Does not count attempts: the limits of the login stand in front of it.
 */
import { isHoldfastError } from '@holdfast/base';
import type { PasswordHasher } from '../password/password-hasher.ts';
import type { CustomerStatus } from '../tables.ts';
import type { Truth } from '../truth.ts';
import { normalizeEmail } from './email-address.ts';

export type Authentication =
  | { readonly kind: 'accepted'; readonly customerId: number }
  | { readonly kind: 'refused'; readonly why: 'credentials' | 'suspended' | 'deleted' };

/**
 * Verifies a login. A hash that was made at a lower cost than today's is renewed on the way; that counts no version.
 *
 * @throws HoldfastError TRUTH_INVALID - the stored hash cannot be read
 */
export async function authenticateCustomer(
  truth: Truth,
  login: { readonly email: string; readonly password: string },
  passwords: PasswordHasher,
): Promise<Authentication> {
  const customer = await findByEmail(truth, login.email);
  const { isMatch, renewed } = await passwords.verify(login.password, customer?.password_hash);
  if (customer === undefined || !isMatch) return { kind: 'refused', why: 'credentials' };
  if (customer.status !== 'active') return { kind: 'refused', why: customer.status };
  if (renewed !== undefined) await renewHash(truth, customer, renewed);
  return { kind: 'accepted', customerId: customer.id };
}

interface StoredCustomer {
  readonly id: number;
  readonly password_hash: string;
  readonly status: CustomerStatus;
}

async function findByEmail(truth: Truth, written: string): Promise<StoredCustomer | undefined> {
  const email = addressOf(written);
  if (email === undefined) return undefined;
  return truth.db
    .selectFrom('customers')
    .select(['id', 'password_hash', 'status'])
    .where('email', '=', email)
    .executeTakeFirst();
}

/** Undefined for what nobody can be registered with. */
function addressOf(written: string): string | undefined {
  try {
    return normalizeEmail(written);
  } catch (error) {
    if (isHoldfastError(error, 'EMAIL_INVALID')) return undefined;
    throw error;
  }
}

/** Only in place of the hash that was verified: a password that was changed meanwhile stays. */
async function renewHash(truth: Truth, customer: StoredCustomer, hash: string): Promise<void> {
  await truth.db
    .updateTable('customers')
    .set({ password_hash: hash })
    .where('id', '=', customer.id)
    .where('password_hash', '=', customer.password_hash)
    .execute();
}
