/**
 * What SQLite reported, as a HoldfastError: the border where its result codes end. Node and Bun agree on `errcode`
 * (the extended result code) and on little else, so nothing here looks at a message.
 *
 * @see https://sqlite.org/rescode.html
 */
import { type ErrorCode, HoldfastError, isHoldfastError } from '@holdfast/base';

const constraints: Readonly<Record<number, string>> = {
  275: 'check',
  787: 'foreign-key',
  1299: 'not-null',
  1555: 'primary-key',
  2067: 'unique',
  3091: 'data-type',
};

const codes: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  5: ['DATABASE_BUSY', 'another transaction holds the database'],
  6: ['DATABASE_BUSY', 'another transaction of this process holds a table of the database'],
  8: ['DATABASE_READ_ONLY', 'the database can only be read'],
  10: ['DATABASE_UNREACHABLE', 'reading or writing the database failed'],
  11: ['DATABASE_UNREACHABLE', 'the database is damaged'],
  13: ['DATABASE_FULL', 'the file system of the database is full'],
  14: ['DATABASE_UNREACHABLE', 'the database cannot be opened'],
  19: ['TRUTH_INVALID', 'the database refused a row that breaks a constraint'],
  23: ['DATABASE_UNREACHABLE', 'access to the database was denied'],
  26: ['DATABASE_UNREACHABLE', 'the file is not a database'],
};

/**
 * `error` as a HoldfastError with `error` as its cause. A constraint becomes TRUTH_INVALID with `details.constraint`
 * (check, foreign-key, not-null, primary-key, unique, data-type); what nobody can cause from outside is INTERNAL.
 */
export function sqliteError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const errcode = errcodeOf(error);
  if (errcode === undefined) {
    return new HoldfastError('INTERNAL', 'the database driver refused a statement', { cause: error });
  }
  const [code, text] = codes[errcode & 0xff] ?? (['INTERNAL', 'the database refused a statement'] as const);
  const constraint = constraints[errcode];
  return new HoldfastError(code, text, {
    cause: error,
    details: { errcode, ...(constraint !== undefined && { constraint }) },
  });
}

function errcodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}
