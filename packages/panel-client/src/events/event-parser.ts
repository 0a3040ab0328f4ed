/**
 * Server-sent events from their text, which may be cut anywhere. Lines end with CRLF, LF or CR; several `data` lines are one text; a
 * line that begins with a colon is a comment; an event without data is none.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventParser {
  /** A line that has not ended yet. */
  #line = '';
  /** The last text ended with CR: a LF at the start of the next one belongs to it. */
  #isAfterReturn = false;
  #data: string[] = [];
  #retryMs: number | undefined;

  /** How long the server wants a client to wait before it comes back; the last one counts. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Characters of the event that has not ended yet: an event without an end must not fill the memory. */
  get pending(): number {
    return this.#data.reduce((sum, text) => sum + text.length, this.#line.length);
  }

  /** @returns the data of the events that end in this text */
  push(text: string): readonly string[] {
    const rest = this.#isAfterReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.#isAfterReturn = text.endsWith('\r');
    const lines = (this.#line + rest).split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? '';
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line: string): readonly string[] {
    if (line === '') {
      const data = this.#data;
      this.#data = [];
      return data.length === 0 ? [] : [data.join('\n')];
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return [];
  }
}
