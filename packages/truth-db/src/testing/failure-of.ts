import { isHoldfastError } from '@holdfast/base';

/** The `code` and `details.constraint` with which `promise` rejects. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code: string; constraint?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { constraint } = error.details;
    return { code: error.code, ...(constraint !== undefined && { constraint }) };
  }
  return { code: 'none' };
}
