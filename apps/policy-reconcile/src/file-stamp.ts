/**
 * Whether a SQLite database may have changed, told from outside: the identity, size and time of the file and of its
 * write-ahead log. Nothing is opened, so nothing of ours can outlive a database that is moved away or replaced, and the log
 * is not kept alive between two looks.
 *
 * A file that was changed a moment ago may change again without a trace, because the kernel's time of a file moves in
 * steps of some milliseconds. Such a stamp is not settled: whoever looked then looks again.
 */
import { lstatSync } from 'node:fs';

export interface FileStamp {
  /** The same database file, whatever is in it. Undefined when there is none. */
  readonly identity: string | undefined;
  /** Differs when something was written. */
  readonly text: string;
  readonly isSettled: boolean;
}

/** Several times the coarsest step of file times on Linux, 10 ms. */
const settledAfterMs = 100;

/** @param nowMs - wall clock, in milliseconds since the Unix epoch */
export function fileStamp(path: string, nowMs: number): FileStamp {
  const [file, log] = [path, `${path}-wal`].map((name) =>
    lstatSync(name, { bigint: true, throwIfNoEntry: false }),
  );
  const parts = [file, log].map((stat) =>
    stat === undefined ? 'absent' : [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':'),
  );
  const newestMs = Math.max(Number(file?.mtimeMs ?? 0), Number(log?.mtimeMs ?? 0));
  return {
    identity: file === undefined ? undefined : `${file.dev}:${file.ino}`,
    text: parts.join(' '),
    isSettled: nowMs - newestMs > settledAfterMs,
  };
}
