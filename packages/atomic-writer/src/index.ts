/** Files that are never torn. Level 1: imports base only. */
export { AtomicWriter } from './atomic-writer.ts';
export { closeReader } from './close-reader.ts';
export type { StreamData, WriteData } from './data-source.ts';
export type { FileFacts, FilePort } from './file-port.ts';
export type { WriteEntry } from './group-write.ts';
export { InPlaceFile } from './in-place-file.ts';
export { isMountPoint } from './mount-table.ts';
export { nodeFilePort } from './node-file-port.ts';
export type { KeepReason, SweepOptions, SweepReport } from './orphan-sweep.ts';
export type { SymlinkPolicy } from './target.ts';
export type { WriteStep } from './write-failure.ts';
export type {
  AtomicWriterOptions,
  Durability,
  WriteManyOptions,
  WriteOptions,
  WriteReceipt,
  WriteSyncOptions,
} from './writer-options.ts';
