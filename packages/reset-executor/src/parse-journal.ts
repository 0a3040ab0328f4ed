/** The journal of a trash generation from its bytes. Damaged is an error: what it would have us do cannot be guessed. */
import { HoldfastError } from '@holdfast/base';
import { decodeDocument } from '@holdfast/state';
import { isFoundFile } from './is-found-file.ts';
import type { ResetJournal } from './reset-journal.ts';

/**
 * @param path - of the journal, for the error
 * @param id - of the generation it lies in
 * @throws HoldfastError RESET_DAMAGED, DOCUMENT_NEWER
 */
export function parseJournal(path: string, id: string, bytes: Buffer): ResetJournal {
  const document = decodeDocument(bytes);
  if (document.kind === 'newer') {
    throw new HoldfastError('DOCUMENT_NEWER', `${path} was written by a newer version`, {
      details: { path, id },
    });
  }
  if (document.kind === 'good' && isJournal(document.value, id)) return document.value;
  throw damagedJournal(
    path,
    id,
    document.kind === 'damaged' ? document.reason : 'it is no journal of this reset',
  );
}

export function damagedJournal(path: string, id: string, reason: string): HoldfastError {
  return new HoldfastError('RESET_DAMAGED', `the journal of the reset ${id} cannot be used: ${reason}`, {
    details: { path, id },
  });
}

function isJournal(value: unknown, id: string): value is ResetJournal {
  if (typeof value !== 'object' || value === null) return false;
  const journal = value as Partial<ResetJournal>;
  return (
    journal.id === id &&
    typeof journal.scope === 'string' &&
    typeof journal.reason?.kind === 'string' &&
    ['committed', 'done'].includes(journal.phase ?? '') &&
    typeof journal.atMs === 'number' &&
    Number.isSafeInteger(journal.sequence) &&
    Array.isArray(journal.files) &&
    journal.files.every(isJournalFile)
  );
}

function isJournalFile(file: ResetJournal['files'][number]): boolean {
  return (
    typeof file?.path === 'string' &&
    ['remove', 'replace', 'absent'].includes(file.action) &&
    isFoundFile(file.before) &&
    isFoundFile(file.after)
  );
}
