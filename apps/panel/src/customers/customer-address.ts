/** E-mail addresses of customers: in the form in which truth keeps them, and of nobody else who logs in. */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { InvalidInput } from '@holdfast/mutations';
import { normalizeEmail, type TruthTransaction } from '@holdfast/truth-db';

/** @throws InvalidInput - it is no address */
export function addressOf(written: string): string {
  try {
    return normalizeEmail(written);
  } catch (error) {
    if (!isHoldfastError(error, 'EMAIL_INVALID')) throw error;
    throw new InvalidInput([{ path: '/email', code: error.code }]);
  }
}

/**
 * That another customer has it, the table itself refuses. An admin is in another one, and of two accounts with one address only one
 * could log in.
 *
 * @throws HoldfastError EMAIL_TAKEN - an admin has it
 */
export async function refuseAddressOfAdmin(trx: TruthTransaction, email: string): Promise<void> {
  const admin = await trx
    .selectFrom('panel_admins')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirst();
  if (admin !== undefined)
    throw new HoldfastError('EMAIL_TAKEN', 'an admin of the panel has this e-mail address');
}
