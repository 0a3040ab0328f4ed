/** Versioned, checksummed JSON documents with a last good generation. Level 2: imports base and atomic-writer. */
export { type Published, type ReadResult, StateReader, type StateReaderOptions } from './state-reader.ts';
export { type DocumentIssue, StateValidator } from './state-validator.ts';
