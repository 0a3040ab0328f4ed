/**
 * What a person sees of the processes: one line for each thing that matters, with the time and who says it. Logs are read
 * and shortened; of their informative lines there would be too many.
 */
import { styleText } from 'node:util';

const loud: ReadonlySet<string> = new Set(['warn', 'error', 'fatal']);

export function say(name: string, text: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  process.stdout.write(`${styleText('dim', time)}  ${styleText('cyan', name.padEnd(10))}  ${text}\n`);
}

/** A line of a log as a person reads it; undefined for one that is left out. What is no line of a log stays as it is. */
export function textOf(line: string): string | undefined {
  const entry = logEntryOf(line);
  if (entry === undefined) return line.trim() === '' ? undefined : line;
  const { level, msg, code, problem, err } = entry;
  if (!loud.has(level)) return undefined;
  const why = [problem, err?.message].find((text) => text !== undefined);
  return [msg, why === undefined ? '' : `: ${why}`, code === undefined ? '' : ` [${code}]`].join('');
}

/** What is read of a line of a log. */
export interface LogEntry {
  readonly level: string;
  readonly msg: string;
  readonly url?: string;
  readonly code?: string;
  readonly problem?: string;
  readonly err?: { readonly message?: string };
}

/** @returns undefined for a line that is none of a log */
export function logEntryOf(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Partial<LogEntry>;
    return typeof entry.level === 'string' && typeof entry.msg === 'string' ? (entry as LogEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
