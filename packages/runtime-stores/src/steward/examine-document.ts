/**
 * What a document file is like, in the words of the policies. Takes no lock: a verdict to act is reached again under it.
 */
import { lstatSync } from 'node:fs';
import { type HoldfastError, isHoldfastError } from '@holdfast/base';
import type { StateReader } from '@holdfast/state';
import { settledReading } from '../documents/settled-reading.ts';
import type { DocumentCondition } from './document-facts.ts';

export interface ExaminedDocument<Value> {
  readonly condition: DocumentCondition;
  /** Of `whole` and `recovered`. */
  readonly value?: Value;
  /** What a store says that meets it; of `damaged`, `newer` and `unreadable`. */
  readonly problem?: HoldfastError;
  /** When the kernel last saw it or its last good generation change, in milliseconds since the epoch; nobody can set it back. */
  readonly changedMs?: number;
}

export function examineDocument<Value>(reader: StateReader<Value>, path: string): ExaminedDocument<Value> {
  return settledReading(
    () => examineOnce(reader, path),
    ({ condition }) => condition === 'damaged',
  );
}

function examineOnce<Value>(reader: StateReader<Value>, path: string): ExaminedDocument<Value> {
  const changedMs = changedMsOf(path);
  const seen = changedMs === undefined ? {} : { changedMs };
  try {
    const { source, value } = reader.readSync(path);
    if (source === 'absent') return { condition: 'absent' };
    return { condition: source === 'current' ? 'whole' : 'recovered', value, ...seen };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const condition = conditionOf(error);
    if (condition === undefined) throw error;
    return { condition, problem: error, ...seen };
  }
}

/** A file whose checksum is right although the schema refuses it is damaged all the same: it is of something else. */
function conditionOf(error: HoldfastError): DocumentCondition | undefined {
  if (isHoldfastError(error, 'DOCUMENT_INVALID')) return 'damaged';
  if (isHoldfastError(error, 'DOCUMENT_NEWER')) return 'newer';
  if (isHoldfastError(error, 'READ_FAILED') || isHoldfastError(error, 'TARGET_REFUSED')) return 'unreadable';
  return undefined;
}

function changedMsOf(path: string): number | undefined {
  const times = [path, `${path}.last-good`].flatMap((name) => {
    const facts = lstatSync(name, { throwIfNoEntry: false });
    return facts === undefined ? [] : [facts.ctimeMs, facts.mtimeMs];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}
