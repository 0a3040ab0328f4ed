/**
 * A second name for a file: a hard link, which costs no space and keeps owner and attributes; a copy where links are
 * refused. Never follows or replaces anything.
 */
import { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf } from '@holdfast/base';
import { readPieces } from './found-file.ts';
import type { ResetContext } from './reset-context.ts';
import { attempt, failedStep } from './reset-failure.ts';

/** Errnos with which file systems without hard links, or that forbid this one, refuse link(2). */
const refusesLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** @param to - a name that nothing has; its directory is flushed by the caller */
export async function keepCopy({ port, held }: ResetContext, from: string, to: string): Promise<void> {
  try {
    port.link(from, to);
  } catch (cause) {
    if (!refusesLinks.has(errnoOf(cause) ?? '')) throw failedStep('linked', from, cause);
    const mode = attempt('examined', from, () => port.identify(from))?.mode ?? 0o600;
    const writer = new AtomicWriter({ durability: 'file', mode, fs: port });
    await writer.write(to, readPieces(port, from), { held });
  }
}
