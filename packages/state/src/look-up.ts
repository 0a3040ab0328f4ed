/**
 * Which generation of a document is to be served. The current file when it is whole, else the last good one; both
 * damaged is an error, and so is a newer format. Written once as a generator that asks for files, so that the blocking
 * and the waiting reader cannot differ.
 */
import { HoldfastError } from '@holdfast/base';
import { type DecodedDocument, decodeDocument } from './document-format.ts';
import { lastGoodPath } from './last-good.ts';

type GoodDocument = Extract<DecodedDocument, { kind: 'good' }>;

export type FoundDocument =
  | { readonly source: 'absent' }
  | (GoodDocument & { readonly source: 'current' })
  /** `isCurrentDamaged` is false when the current file is missing rather than damaged. */
  | (GoodDocument & { readonly source: 'last-good'; readonly isCurrentDamaged: boolean });

/** Yields the path of a file to read, is resumed with its bytes or undefined for absent. */
export type LookUp = Generator<string, FoundDocument, Buffer | undefined>;

/**
 * @throws HoldfastError DOCUMENT_INVALID - nothing that is whole is there
 * @throws HoldfastError DOCUMENT_NEWER - it is of a newer format
 */
export function* lookUp(path: string): LookUp {
  const current = decode(path, yield path);
  if (current?.kind === 'good') return { ...current, source: 'current' };
  const lastGood = decode(lastGoodPath(path), yield lastGoodPath(path));
  if (current === undefined && lastGood === undefined) return { source: 'absent' };
  // Readers take no lock: a publish may have come between the two looks, and then the current file is whole by now.
  const again = decode(path, yield path);
  if (again?.kind === 'good') return { ...again, source: 'current' };
  if (lastGood?.kind === 'good') {
    return { ...lastGood, source: 'last-good', isCurrentDamaged: again !== undefined };
  }
  if (again === undefined && lastGood === undefined) return { source: 'absent' };
  throw nothingWhole(path, again, lastGood);
}

function decode(
  path: string,
  bytes: Buffer | undefined,
): Exclude<DecodedDocument, { kind: 'newer' }> | undefined {
  if (bytes === undefined) return undefined;
  const document = decodeDocument(bytes);
  if (document.kind !== 'newer') return document;
  throw new HoldfastError(
    'DOCUMENT_NEWER',
    `${path} was written by a newer version (format ${document.format})`,
    {
      details: { path, format: document.format },
    },
  );
}

function nothingWhole(
  path: string,
  current: DecodedDocument | undefined,
  lastGood: DecodedDocument | undefined,
): HoldfastError {
  const currentReason = reasonOf(current);
  const lastGoodReason = reasonOf(lastGood);
  return new HoldfastError(
    'DOCUMENT_INVALID',
    `${path} is damaged (${currentReason}) and so is its last good generation (${lastGoodReason})`,
    { details: { path, current: currentReason, lastGood: lastGoodReason, issues: [] } },
  );
}

function reasonOf(document: DecodedDocument | undefined): string {
  if (document === undefined) return 'it is absent';
  return document.kind === 'damaged' ? document.reason : document.kind;
}
