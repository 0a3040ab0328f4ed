/** One object of a table as nft lists it, in a form in which two of them can be compared. */

export interface NftObject {
  /** For people. */
  readonly name: string;
  /** The JSON text to compare. */
  readonly text: string;
}

/**
 * The comparable form of a listed object: keys sorted, elements of constant maps sorted. Without what depends on the run
 * (handle) or on the version of nft (the device of a chain, which 1.0.6 does not print).
 */
export function nftObject(listed: object): NftObject {
  const [kind = '', body] = Object.entries(listed)[0] ?? [];
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { handle: _handle, dev: _dev, elem, ...rest } = fields;
  const elements = Array.isArray(elem) ? { elem: elem.map((entry) => JSON.stringify(entry)).sort() } : {};
  const name = `${kind} ${String(fields.chain ?? fields.name)}`;
  return { name, text: `${kind} ${sortedJson({ ...rest, ...elements })}` };
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
