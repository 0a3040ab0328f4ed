/**
 * One live line at the bottom of a terminal, and finished lines above it. No line is ever longer than the terminal is
 * wide, whose width is asked for each time, since it may change meanwhile.
 *
 * A terminal that is made narrower may have broken the live line into several rows already. They are not taken back: going up
 * would erase what somebody else wrote on a terminal that does not reflow, and nobody can ask which kind it is.
 */
import { cutToWidth, displayWidth, printable, wrapToWidth } from './terminal-text.ts';

/** Where the talk goes: stderr, or a double in a test. */
export interface FeedbackStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const clearLine = '\r\x1b[K';
/** Of a terminal that does not say. */
const usualColumns = 80;
/** Narrower than this, wrapping makes columns of letters: then lines are cut. */
const fewestColumnsToWrap = 12;
/** The terminal echoes `^C` behind the live line; it must not begin a new row, which nobody would clear. */
const roomForEcho = 2;

export class StatusLine {
  readonly #stream: FeedbackStream;
  #isLive = false;

  constructor(stream: FeedbackStream) {
    this.#stream = stream;
  }

  /** Replaces the live line by the first of these texts that fits, or the beginning of the last one. */
  show(...texts: readonly string[]): void {
    const columns = Math.max(0, this.#columns() - 1 - roomForEcho);
    const safe = texts.map(printable);
    const text = safe.find((candidate) => displayWidth(candidate) <= columns) ?? safe.at(-1) ?? '';
    this.#stream.write(`${clearLine}${cutToWidth(text, columns)}`);
    if (!this.#isLive) process.on('exit', this.clear); // a process that ends in the middle leaves a fresh line too
    this.#isLive = true;
  }

  /** Writes a line that stays. Only a terminal has a width to fit. */
  append(line: string): void {
    this.clear();
    this.#stream.write(`${this.#fit(printable(line)).join('\n')}\n`);
  }

  /** Takes the live line away; the cursor stands at the beginning of a free line then. */
  readonly clear = (): void => {
    if (!this.#isLive) return;
    this.#isLive = false;
    process.off('exit', this.clear);
    this.#stream.write(clearLine);
  };

  #fit(line: string): readonly string[] {
    if (this.#stream.isTTY !== true) return [line];
    const columns = this.#columns();
    return columns < fewestColumnsToWrap ? [cutToWidth(line, columns)] : wrapToWidth(line, columns);
  }

  #columns(): number {
    const { columns } = this.#stream;
    return columns !== undefined && columns > 0 ? columns : usualColumns;
  }
}
