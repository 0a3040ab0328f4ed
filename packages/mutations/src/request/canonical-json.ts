/**
 * One text for each JSON value, whatever the order of its members and however its numbers were written: the JSON
 * Canonicalization Scheme. Two requests say the same exactly when their texts are equal.
 *
 * Numbers and strings are written as `JSON.stringify` does, which is what the scheme asks for. It knows no lone surrogates,
 * no NaN and no infinity: those have no text here, for a stand-in would make two requests one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */

/** Deeper than any request of ours, shallower than any stack. */
const mostLevels = 64;

/** A value that has no canonical text. */
export class NotJson extends TypeError {
  override readonly name = 'NotJson';
}

/**
 * A member that is `undefined` is left out, as everywhere in JSON.
 *
 * @throws NotJson - not a JSON value, deeper than 64 levels, or with half of a surrogate pair
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, level: number): string {
  if (level > mostLevels) throw new NotJson(`deeper than ${mostLevels} levels`);
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotJson(`${value} is no number of JSON`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeList(value, level) : writeObject(value, level);
    default:
      throw new NotJson(`a ${typeof value} is no value of JSON`);
  }
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw new NotJson('a text with half of a surrogate pair');
  return JSON.stringify(text);
}

function writeList(list: readonly unknown[], level: number): string {
  return `[${Array.from(list, (item) => write(item, level + 1)).join(',')}]`;
}

function writeObject(object: object, level: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  // A Date or a Map has members that nobody meant.
  if (prototype !== Object.prototype && prototype !== null) throw new NotJson('an object of a class');
  const members = Object.entries(object)
    .filter(([, member]) => member !== undefined)
    // By UTF-16 code units, as the scheme says: not by code points, not by language.
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${writeText(name)}:${write(member, level + 1)}`);
  return `{${members.join(',')}}`;
}
