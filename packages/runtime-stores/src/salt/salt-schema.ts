/** What a stored salt state has to look like, wherever it is stored. Says what is wrong without repeating it. */
import { HoldfastError } from '@holdfast/base';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isSaltSecret } from './salt-secret.ts';
import type { SaltState } from './salt-state.ts';

export const saltSchema: StandardSchemaV1<unknown, SaltState> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => {
      const { current, previous } = fieldsOf(value);
      if (!isSalt(current)) return { issues: [{ message: 'is no salt', path: ['current'] }] };
      if (previous !== undefined && !(isSalt(previous) && isTime(fieldsOf(previous).validUntilMs)))
        return { issues: [{ message: 'is no retired salt', path: ['previous'] }] };
      return { value: value as SaltState };
    },
  },
};

/**
 * A state that a database has kept as text.
 *
 * @throws HoldfastError DOCUMENT_INVALID - it is none; the text is not repeated
 */
export function parseSaltState(text: string, name: string): SaltState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(name); // the cause would quote the text, which may be half a secret
  }
  const result = saltSchema['~standard'].validate(value);
  if (result instanceof Promise || result.issues !== undefined) throw damaged(name);
  return result.value;
}

function damaged(name: string): HoldfastError {
  return new HoldfastError('DOCUMENT_INVALID', `the stored salt ${name} is damaged`, { details: { name } });
}

function isSalt(value: unknown): boolean {
  const { secret, bornMs } = fieldsOf(value);
  return isSaltSecret(secret) && isTime(bornMs);
}

function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
