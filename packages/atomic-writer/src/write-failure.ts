/** A failed write in words: which step of which path, the errno, and for the known errnos what is behind it. */
import { dirname } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { FilePort } from './file-port.ts';
import { standsOnMountPoint } from './mount-table.ts';

/** The steps of a write in the order of their effects. */
export type WriteStep =
  | 'inspect'
  | 'create'
  | 'source'
  | 'write'
  | 'check'
  | 'owner'
  | 'mode'
  | 'flush'
  | 'verify'
  | 'close'
  | 'open-directory'
  | 'publish'
  | 'flush-directory'
  | 'remove';

export interface FailureContext {
  readonly path: string;
  readonly step: WriteStep;
  readonly cause: unknown;
  /** What was to happen to the file. Default 'written'. */
  readonly intent?: 'written' | 'removed';
  /** How often the rename was repeated. */
  readonly retries?: number;
  /** From the call, in milliseconds. */
  readonly tookMs?: number;
  /** A temporary file that could not be removed either. */
  readonly leftBehind?: string | undefined;
  /** Where a refusal may be explained by the mount table. */
  readonly port?: FilePort;
}

/**
 * WRITE_FAILED for one step. `details.published` is true only when the change is in place and just its directory entry
 * may not survive a power cut; in every other case the old file is untouched.
 */
export function writeFailure(context: FailureContext): HoldfastError {
  const { path, step, cause, intent = 'written', retries, tookMs, leftBehind } = context;
  const errno = errnoOf(cause);
  const isPublished = step === 'flush-directory';
  const outcome = isPublished ? `was ${intent}, but that may not survive a power cut` : `was not ${intent}`;
  return new HoldfastError('WRITE_FAILED', `${path} ${outcome}: ${explain(context, errno)}`, {
    cause,
    details: {
      path,
      step,
      ...(errno === undefined ? {} : { errno }),
      ...(retries === undefined ? {} : { retries }),
      ...(tookMs === undefined ? {} : { tookMs }),
      ...(leftBehind === undefined ? {} : { leftBehind }),
      ...(isPublished ? { published: true } : {}),
    },
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
  EIO: 'the device reported an error',
  EBUSY: 'another program keeps it busy',
  ENAMETOOLONG: 'its name is too long',
  EXDEV: 'its directory joins two file systems (an overlay or union mount); give it a directory on one',
};

function explain(context: FailureContext, errno: string | undefined): string {
  const { path, step, cause, port } = context;
  if (step === 'source') return 'the stream it was to be read from failed';
  if (errno === undefined) return cause instanceof Error ? `${step}: ${cause.message}` : `${step} failed`;
  if (errno === 'EBUSY' && port !== undefined && standsOnMountPoint(port, path)) {
    return 'it is a mount point (a bind-mounted file), which cannot be replaced; mount its directory instead';
  }
  const ofDirectory = explainDirectory(dirname(path), step, errno);
  return ofDirectory ?? `${reasons[errno] ?? 'the system refused'} (${step}, ${errno}${triesOf(context)})`;
}

function explainDirectory(directory: string, step: WriteStep, errno: string): string | undefined {
  switch (errno) {
    case 'ENOENT':
      return `its directory ${directory} ${step === 'publish' ? 'was moved or removed meanwhile' : 'does not exist'}`;
    case 'ENOTDIR':
      return `${directory} is not a directory`;
    case 'EACCES':
    case 'EPERM':
      return `permission denied in ${directory} (${step}, ${errno})`;
    default:
      return undefined;
  }
}

function triesOf({ retries = 0, tookMs = 0 }: FailureContext): string {
  return retries === 0 ? '' : `, tried ${retries + 1} times in ${Math.round(tookMs)} ms`;
}
