/** The optimistic lock of a row: `version`, which every edit counts in the statement that writes it. */
import { HoldfastError } from '@holdfast/base';

/**
 * @param seen - the version an edit is based on; undefined for one that may meet any
 * @throws HoldfastError VERSION_CONFLICT - the row has another one now
 */
export function requireVersion(what: string, seen: number | undefined, current: number): void {
  if (seen === undefined || seen === current) return;
  throw new HoldfastError(
    'VERSION_CONFLICT',
    `${what} is at version ${current}, the edit saw version ${seen}`,
    {
      details: { seen, current },
    },
  );
}

/** The row was changed between reading and writing it. `Truth.transaction` begins again, and decides anew. */
export function overtaken(what: string): HoldfastError {
  return new HoldfastError('DATABASE_BUSY', `another transaction has changed ${what} meanwhile`);
}
