/**
 * The words in front of a writing command that end it at its deadline whoever is left to see that. Our own deadline is
 * enforced by this process; when this process is killed, a command that hangs would keep the lock it has inherited for
 * ever. timeout(1) passes the command's exit status and stderr through, and costs 0.7 ms.
 */

/** So long after our own deadline, which kills first and reports what happened, in seconds. */
const marginSeconds = 1;

/**
 * @param timeoutMs - our own deadline, `Infinity` for none
 * @param timeout - timeout(1) of coreutils, by name or absolute path
 */
export function deadlineEntry(timeoutMs: number, timeout: string): readonly string[] {
  if (!Number.isFinite(timeoutMs)) return [];
  // KILL at once: what hangs has not heeded anything gentler, and a batch that is cut in half is completed by the next run.
  return [timeout, '--signal=KILL', String(Math.ceil(timeoutMs / 1_000) + marginSeconds)];
}
