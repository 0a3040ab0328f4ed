import { isHoldfastError } from '@holdfast/base';

/** The code with which `promise` rejects, `none` when it resolves. What is no HoldfastError is thrown on. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return error.code;
  }
  return 'none';
}
