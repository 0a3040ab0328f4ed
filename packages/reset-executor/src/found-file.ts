/**
 * What stands at a path: absent, a file with its digest, or a file that cannot be read. Three different answers; what
 * cannot be read is recognised by its identity, never guessed.
 */
import { createHash } from 'node:crypto';
import { closeReader } from '@holdfast/atomic-writer';
import { errnoOf } from '@holdfast/base';
import { decodeDocument } from '@holdfast/state';
import { refusedPath, unreadable } from './reset-failure.ts';
import type { ResetPort } from './reset-port.ts';

export type FoundFile =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'file';
      readonly sizeBytes: number;
      /** Permission bits. */
      readonly mode: number;
      /** Of the bytes, 64 hex digits. */
      readonly sha256: string;
      /** Of a state document: what a reader would say of these bytes. */
      readonly document?: FoundDocument;
    }
  | {
      readonly kind: 'unreadable';
      readonly sizeBytes: number;
      readonly mode: number;
      readonly errno: string;
      readonly inode: string;
      readonly modifiedNs: string;
    };

export type FoundDocument =
  /** `version` is that of its value, as its schema counts. */
  | { readonly kind: 'good'; readonly generation: number; readonly version: number }
  | { readonly kind: 'damaged'; readonly reason: string }
  /** Of a format that this version does not know. */
  | { readonly kind: 'newer'; readonly format: number };

export const absent: FoundFile = { kind: 'absent' };
const pieceBytes = 1024 * 1024;
/** What says something about this file; any other errno is about this process or machine. */
const aboutTheFile = new Set(['EACCES', 'EPERM', 'EIO']);

/**
 * @param path - absolute, as GuardedRoot located it
 * @param isDocument - whether to say what the document format says of it; needs its bytes in memory
 * @throws HoldfastError READ_FAILED, TARGET_REFUSED
 */
export async function findFile(port: ResetPort, path: string, isDocument = false): Promise<FoundFile> {
  const digest = createHash('sha256');
  const pieces: Uint8Array[] = [];
  try {
    const identity = port.identify(path);
    if (identity === undefined) return absent;
    if (identity.kind !== 'file') throw refusedPath(path, 'is not a regular file');
    let sizeBytes = 0;
    for await (const piece of readPieces(port, path)) {
      digest.update(piece);
      sizeBytes += piece.length;
      if (isDocument) pieces.push(piece);
    }
    const found = { kind: 'file', sizeBytes, mode: identity.mode, sha256: digest.digest('hex') } as const;
    return isDocument ? { ...found, document: documentOf(Buffer.concat(pieces)) } : found;
  } catch (cause) {
    return withoutBytes(port, path, cause);
  }
}

/** Whether both are the same content; permissions do not count. */
export function isSameFile(one: FoundFile, other: FoundFile): boolean {
  if (one.kind === 'file' && other.kind === 'file') {
    return one.sizeBytes === other.sizeBytes && one.sha256 === other.sha256;
  }
  if (one.kind === 'unreadable' && other.kind === 'unreadable') {
    const facts = ['inode', 'sizeBytes', 'modifiedNs'] as const;
    return facts.every((fact) => one[fact] === other[fact]);
  }
  return one.kind === 'absent' && other.kind === 'absent';
}

/** The bytes of the regular file at `path`, in fresh pieces. Throws what the port throws. */
export async function* readPieces(port: ResetPort, path: string): AsyncGenerator<Uint8Array, void, void> {
  const descriptor = port.openFile(path);
  try {
    const { kind, sizeBytes } = port.measure(descriptor);
    if (kind !== 'file') throw refusedPath(path, 'is not a regular file');
    for (let position = 0; ; ) {
      const piece = new Uint8Array(Math.min(sizeBytes + 1, pieceBytes));
      const count = await port.readLater(descriptor, piece, position);
      if (count === 0) return;
      position += count;
      yield piece.subarray(0, count);
    }
  } finally {
    closeReader(port, descriptor);
  }
}

function withoutBytes(port: ResetPort, path: string, cause: unknown): FoundFile {
  const errno = errnoOf(cause);
  if (errno === undefined) throw cause;
  if (errno === 'ENOENT') return absent;
  if (errno === 'ELOOP') throw refusedPath(path, 'is a symbolic link', cause);
  if (!aboutTheFile.has(errno)) throw unreadable(path, cause);
  try {
    const identity = port.identify(path);
    if (identity === undefined) return absent;
    const { sizeBytes, mode, inode, modifiedNs } = identity;
    return { kind: 'unreadable', sizeBytes, mode, errno, inode, modifiedNs };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function documentOf(bytes: Buffer): FoundDocument {
  const document = decodeDocument(bytes);
  switch (document.kind) {
    case 'good':
      return { kind: 'good', generation: document.generation, version: document.version };
    case 'damaged':
    case 'newer':
      return document;
    default:
      return document satisfies never;
  }
}
