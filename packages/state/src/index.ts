/** Versioned, checksummed JSON documents with a last good generation. Level 2: imports base and atomic-writer. */
export {
  type DecodedDocument,
  decodeDocument,
  encodeDocument,
  type SealedDocument,
  unseal,
} from './document-format.ts';
export type { Migration } from './document-schema.ts';
export { type Published, type ReadResult, StateReader, type StateReaderOptions } from './state-reader.ts';
export { type DocumentIssue, StateValidator } from './state-validator.ts';
