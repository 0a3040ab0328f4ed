/** A password that an admin gives a customer: its hash for truth, and what stands for it in the request's fingerprint. */
import { isHoldfastError } from '@holdfast/base';
import { InvalidInput } from '@holdfast/mutations';
import type { PasswordHasher } from '@holdfast/truth-db';
import type { Identity } from '../app/panel-env.ts';
import { passwordMark } from '../app/password-mark.ts';

export interface NewPassword {
  readonly hash: string;
  readonly mark: string;
}

/**
 * @param mutationId - of the request; one without an id is refused before anybody compares it
 * @throws InvalidInput - too few characters, or too many
 */
export async function newPassword(
  passwords: PasswordHasher,
  { principal }: Pick<Identity, 'principal'>,
  password: string,
  mutationId: string | undefined,
): Promise<NewPassword> {
  try {
    const hash = await passwords.hash(password);
    return { hash, mark: await passwordMark(password, `${principal} ${mutationId ?? ''}`) };
  } catch (error) {
    if (!isHoldfastError(error, 'PASSWORD_REFUSED')) throw error;
    throw new InvalidInput([{ path: '/password', code: error.code }]);
  }
}
