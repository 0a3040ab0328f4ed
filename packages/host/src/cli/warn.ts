/** Warnings for the person at the terminal or the reader of a log: `warning: …` on stderr. */
import { type FeedbackStream, StatusLine } from './status-line.ts';

const told = new WeakMap<FeedbackStream, Set<string>>();

/** Says each text once per process: a daemon that opens everything anew for each run repeats itself otherwise. */
export function warn(text: string, stream: FeedbackStream = process.stderr): void {
  const texts = told.get(stream) ?? new Set();
  told.set(stream, texts);
  if (texts.has(text)) return;
  texts.add(text);
  new StatusLine(stream).append(`warning: ${text}`);
}
