/**
 * What a path may be replaced as. Only a regular file, or nothing, is a target: renaming over a directory, FIFO, socket
 * or device would destroy what others have open, and a link is a decision of its caller. The answer is a snapshot, taken
 * again after a stream; a link that is planted afterwards is replaced by the rename, never followed.
 */
import { basename, dirname, join, resolve, sep } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { FileFacts, FilePort } from './file-port.ts';
import { writeFailure } from './write-failure.ts';

/**
 * What to do with a symbolic link at the path: 'refuse' it, write the file it points to ('follow'), or put the file in
 * the link's place ('replace'). Links in the directories above are always followed.
 */
export type SymlinkPolicy = 'refuse' | 'follow' | 'replace';

export interface Target {
  /** Absolute path that the rename replaces. */
  readonly path: string;
  /** The file that stands there now; undefined when there is none to keep mode and owner from. */
  readonly existing: FileFacts | undefined;
}

/**
 * @throws HoldfastError TARGET_REFUSED - a directory, FIFO, device, a link that the policy refuses or that dangles, or a
 *   name that is not UTF-8 text or is that of a directory
 * @throws HoldfastError WRITE_FAILED - the path cannot be examined
 */
export function locateTarget(port: FilePort, path: string, policy: SymlinkPolicy): Target {
  requireName(path);
  const absolute = resolve(path);
  const facts = inspect(port, absolute);
  if (facts?.kind !== 'symlink') return asTarget(absolute, facts);
  if (policy === 'replace') return { path: absolute, existing: undefined };
  if (policy === 'refuse') throw refused(absolute, 'is a symbolic link');
  const pointed = follow(port, absolute);
  return asTarget(pointed, inspect(port, pointed));
}

/**
 * The target of a caller that has just read what stands there: a regular file or nothing, and no link.
 *
 * @throws HoldfastError TARGET_REFUSED - as `locateTarget`, for the name alone
 */
export function targetAsRead(path: string): Target {
  requireName(path);
  return { path: resolve(path), existing: undefined };
}

/**
 * Looks again at a target after a long time: what it has become may not be replaced any more, or has another mode.
 *
 * @throws as `locateTarget`
 */
export function lookAgain(port: FilePort, { path }: Target, policy: SymlinkPolicy): Target {
  const facts = inspect(port, path);
  if (facts?.kind !== 'symlink') return asTarget(path, facts);
  if (policy === 'replace') return { path, existing: undefined };
  throw refused(path, 'has become a symbolic link');
}

/** One name for all spellings of a target, to order writes by. Falls back to the absolute path; the write then reports. */
export function orderingKey(port: FilePort, path: string, policy: SymlinkPolicy): string {
  requireName(path);
  const absolute = resolve(path);
  if (policy === 'follow') {
    const whole = tryResolve(port, absolute);
    if (whole !== undefined) return whole;
  }
  const directory = tryResolve(port, dirname(absolute));
  return directory === undefined ? absolute : join(directory, basename(absolute));
}

/**
 * A name that is no UTF-8 text cannot be given as a string: a lone surrogate would become another name, U+FFFD, and a
 * Buffer is not taken, since every message, receipt and queue speaks of the path as text.
 */
function requireName(path: string): void {
  if (typeof path !== 'string')
    throw refused(String(path), 'is not text; names of other bytes are not supported');
  if (!path.isWellFormed()) throw refused(JSON.stringify(path), 'has no UTF-8 form (a lone surrogate)');
  if (path.includes('\0')) throw refused(JSON.stringify(path), 'has a NUL character');
  if (path.endsWith(sep)) throw refused(path, `ends in ${sep}, as the name of a directory does`);
}

function inspect(port: FilePort, path: string): FileFacts | undefined {
  try {
    return port.inspect(path);
  } catch (cause) {
    throw writeFailure({ path, step: 'inspect', cause });
  }
}

function asTarget(path: string, facts: FileFacts | undefined): Target {
  if (facts === undefined) return { path, existing: undefined };
  if (facts.kind === 'file') return { path, existing: facts };
  throw refused(path, facts.kind === 'directory' ? 'is a directory' : 'is not a regular file');
}

function follow(port: FilePort, path: string): string {
  try {
    return port.resolve(path);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') throw refused(path, 'is a symbolic link to nothing', cause);
    if (errno === 'ELOOP') throw refused(path, 'is a symbolic link to itself', cause);
    throw writeFailure({ path, step: 'inspect', cause });
  }
}

function tryResolve(port: FilePort, path: string): string | undefined {
  try {
    return port.resolve(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function refused(path: string, reason: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TARGET_REFUSED', `${path} ${reason}`, { cause, details: { path } });
}
