/** Lines of `key=value` with percent-encoded values: what an event file is made of, before anybody asks what it means. */

/** Why a file is no event. Ends at `parseEvent`. */
export class Malformed extends Error {}

/** The values of one file, each taken once; what is left at the end has no meaning here. */
export class EventValues {
  readonly #bytes: Map<string, Uint8Array>;
  /** Keys whose value was too long for the hook, and is not whole: one may end inside a character. */
  readonly cut: ReadonlySet<string>;

  /** @throws Malformed */
  constructor(file: Uint8Array) {
    this.#bytes = readLines(Buffer.from(file).toString('latin1'));
    const cut = Buffer.from(this.#bytes.get('truncated') ?? []).toString('latin1');
    this.cut = new Set(cut.split(','));
    this.#bytes.delete('truncated');
  }

  /** @throws Malformed - it is not UTF-8 */
  take(key: string): string | undefined {
    const bytes = this.#bytes.get(key);
    this.#bytes.delete(key);
    if (bytes === undefined) return undefined;
    try {
      return new TextDecoder('utf-8', { fatal: !this.cut.has(key), ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Malformed(`${key} is not UTF-8`);
    }
  }

  /** @throws Malformed - it is missing, or `read` makes nothing of it */
  required<Value>(key: string, read: (text: string) => Value | undefined): Value {
    const value = this.optional(key, read);
    if (value === undefined) throw new Malformed(`${key} is missing`);
    return value;
  }

  /** @throws Malformed - `read` makes nothing of it */
  optional<Value>(key: string, read: (text: string) => Value | undefined): Value | undefined {
    const text = this.take(key);
    if (text === undefined) return undefined;
    const value = read(text);
    if (value === undefined) throw new Malformed(`${key} has a value that cannot be used`);
    return value;
  }

  rest(): ReadonlyMap<string, string> {
    return new Map([...this.#bytes.keys()].map((key) => [key, this.take(key) ?? '']));
  }
}

function readLines(file: string): Map<string, Uint8Array> {
  if (!file.endsWith('\n')) throw new Malformed('it does not end with a whole line');
  const values = new Map<string, Uint8Array>();
  for (const [index, line] of file.slice(0, -1).split('\n').entries()) {
    const [, key, value] = /^([a-z][a-z0-9_]{0,31})=([!-~]*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new Malformed(`line ${index + 1} is not key=value`);
    if (values.has(key)) throw new Malformed(`${key} is there twice`);
    values.set(key, decoded(key, value));
  }
  return values;
}

function decoded(key: string, value: string): Uint8Array {
  if (/%(?![0-9A-F]{2})/.test(value)) throw new Malformed(`${key} is not percent-encoded`);
  const bytes = value.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (bytes.includes('\0')) throw new Malformed(`${key} has a NUL`);
  return Buffer.from(bytes, 'latin1');
}
