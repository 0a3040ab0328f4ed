/**
 * A document on disk: one header line of JSON (SHA-256 of every byte after it, format, version of the value, generation,
 * length of the body in bytes), a newline, the JSON body with a final newline. So `tail -n +2 FILE | jq .` reads it,
 * `tail -c +76 FILE | sha256sum` checks it, and a reader can tell a whole document from a torn or hand-edited one, header
 * included, without trusting the file system. The checksum finds accidents; it is no signature.
 */
import { hash } from 'node:crypto';

/** Version of this format. A reader refuses a newer one instead of calling it damaged. */
const format = 1;
const newline = 0x0a;
/** A header is about 130 bytes; a first line beyond this is none. */
const longestHeaderBytes = 1_024;

/** What the bytes of a document file turn out to be. */
export type DecodedDocument =
  | {
      readonly kind: 'good';
      readonly generation: number;
      /** Of the value, as its schema counts. */
      readonly version: number;
      readonly value: unknown;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'newer'; readonly format: number };

interface Header {
  readonly version: number;
  readonly generation: number;
  readonly length: number;
}

/** What stands before the checksum, which covers all that stands behind it. */
const checksumPrefix = '{"sha256":"';
const checksumEnd = checksumPrefix.length + 64;

/**
 * @param json - the body: one JSON text
 * @param version - of the value, as its schema counts
 */
export function encodeDocument(json: string, generation: number, version = 1): Buffer {
  const body = `${json}\n`;
  const header = JSON.stringify({ format, version, generation, length: Buffer.byteLength(body) });
  const covered = `",${header.slice(1)}\n${body}`;
  return Buffer.from(`${checksumPrefix}${hash('sha256', covered, 'hex')}${covered}`, 'utf8');
}

/** Never throws: whatever the bytes are, there is an answer. */
export function decodeDocument(bytes: Buffer): DecodedDocument {
  const sealed = unseal(bytes);
  if (sealed.kind !== 'sealed') return sealed;
  const { generation, version, json } = sealed;
  try {
    return { kind: 'good', generation, version, value: JSON.parse(json), bytes };
  } catch {
    return damaged('its body is not JSON');
  }
}

/** A document that is whole, and whose body nobody has looked at. */
export interface SealedDocument {
  readonly kind: 'sealed';
  readonly generation: number;
  /** Of the value, as its schema counts. */
  readonly version: number;
  /** The body as it was given to `encodeDocument`. */
  readonly json: string;
}

/** The same, with the body left as it is: for who changes a detail of it, and would pay more for understanding all. */
export function unseal(bytes: Buffer): SealedDocument | Exclude<DecodedDocument, { kind: 'good' }> {
  if (bytes.length === 0) return damaged('it is empty');
  const headerEnd = bytes.subarray(0, longestHeaderBytes).indexOf(newline);
  const header = headerEnd === -1 ? undefined : parseHeader(bytes.toString('utf8', 0, headerEnd));
  if (header === undefined) return damaged('it has no header');
  if ('format' in header) return { kind: 'newer', format: header.format };
  const length = bytes.length - headerEnd - 1;
  if (length !== header.length) return damaged(`it has ${length} of ${header.length} bytes`);
  if (!isWhole(bytes)) return damaged('its checksum does not match');
  const { generation, version } = header;
  return { kind: 'sealed', generation, version, json: bodyOf(bytes) };
}

/** The body of a whole document, as it was given to `encodeDocument`. */
export function bodyOf(bytes: Buffer): string {
  return bytes.toString('utf8', bytes.indexOf(newline) + 1, bytes.length - 1);
}

function isWhole(bytes: Buffer): boolean {
  const found = bytes.toString('latin1', 0, checksumEnd);
  return found === `${checksumPrefix}${hash('sha256', bytes.subarray(checksumEnd), 'hex')}`;
}

function parseHeader(line: string): Header | { readonly format: number } | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { format: found, version, generation, length } = fields as Record<string, unknown>;
  if (isCount(found) && found > format) return { format: found };
  if (found !== format || !isNumber(generation) || !isNumber(version)) return undefined;
  return isCount(length) ? { version, generation, length } : undefined;
}

/** Versions and generations count from 1. */
function isNumber(value: unknown): value is number {
  return isCount(value) && value > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(reason: string): Extract<DecodedDocument, { kind: 'damaged' }> {
  return { kind: 'damaged', reason };
}
