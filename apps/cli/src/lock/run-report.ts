/** What a `lock run` tells programs: one JSON document, as the last line of stderr, in a file, or both. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { type errorDocument, warn } from '@holdfast/host/cli';

export interface RunReport {
  readonly outcome: 'ran' | 'busy' | 'cancelled' | 'lost' | 'failed';
  readonly scope: string;
  /** Without its arguments, which may hold secrets. */
  readonly program: string;
  /** Our exit status, which is that of the program when it ran. */
  readonly status: number;
  /** What ended the program. */
  readonly signal: string | null;
  readonly backend: string | null;
  readonly fence: number | null;
  readonly waitedMs: number;
  readonly heldMs: number;
  readonly error?: ReturnType<typeof errorDocument>;
}

/** What is known before anything is. */
export const noRun: RunReport = {
  outcome: 'failed',
  scope: '',
  program: '',
  status: 0,
  signal: null,
  backend: null,
  fence: null,
  waitedMs: 0,
  heldMs: 0,
};

export interface ReportSink extends Disposable {
  write(report: RunReport): void;
}

/**
 * Opens the file before anything is waited for: a report that cannot be written should cost nobody a run.
 *
 * @throws HoldfastError WRITE_FAILED - the file cannot be made
 */
export function openReport(file: string | undefined, isJson: boolean): ReportSink {
  const fd = file === undefined ? undefined : openFile(file);
  return {
    write: (report) => {
      const line = `${JSON.stringify(report)}\n`;
      if (isJson) process.stderr.write(line);
      if (fd !== undefined) writeLine(fd, line);
    },
    [Symbol.dispose]: () => {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function openFile(file: string): number {
  try {
    return openSync(file, 'w', 0o600);
  } catch (cause) {
    throw new HoldfastError('WRITE_FAILED', `${file} cannot be made (${errnoOf(cause)})`, {
      cause,
      details: { file },
    });
  }
}

/** The program has run: its status tells more than that of a report. */
function writeLine(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } catch (error) {
    warn(`the report cannot be written (${errnoOf(error)})`);
  }
}
