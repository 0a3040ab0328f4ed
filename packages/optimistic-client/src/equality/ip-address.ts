/**
 * IP addresses and networks by their bits. What can be read in two ways (`010.0.0.1`, an address with a zone) is none, so that
 * it is the same only as what is written in the same way.
 */

/** @returns undefined for what is no address */
export function canonicalAddress(text: string): string | undefined {
  const bytes = bytesOf(text);
  return bytes === undefined ? undefined : `ip ${hex(bytes)}`;
}

/** A network, without the bits behind its prefix; an address alone is a network of one. */
export function canonicalNetwork(text: string): string | undefined {
  const parsed = addressAndPrefix(text);
  if (parsed === undefined) return undefined;
  const { bytes, prefix } = parsed;
  const masked = bytes.map((byte, index) => byte & maskOf(prefix - index * 8));
  return `network ${hex(masked)}/${prefix}`;
}

/** An address on its network, with all of its bits. */
export function canonicalInterface(text: string): string | undefined {
  const parsed = addressAndPrefix(text);
  return parsed === undefined ? undefined : `interface ${hex(parsed.bytes)}/${parsed.prefix}`;
}

function addressAndPrefix(text: string) {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = bytesOf(address);
  if (bytes === undefined) return undefined;
  const prefix = digits === undefined ? bytes.length * 8 : Number(digits);
  return prefix > bytes.length * 8 ? undefined : { bytes, prefix };
}

/** The bits of one byte that the next `left` bits of a prefix keep. */
function maskOf(left: number): number {
  return left >= 8 ? 0xff : left <= 0 ? 0 : (0xff << (8 - left)) & 0xff;
}

function bytesOf(text: string): readonly number[] | undefined {
  return text.includes(':') ? bytesOfSix(text) : bytesOfFour(text);
}

function bytesOfFour(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  const bytes = parts.map(Number);
  return isAddress && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function bytesOfSix(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) =>
    half === '' ? [] : bytesOfHalf(half, index === halves.length - 1),
  );
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** @param isEnd - only there may the last four bytes be written as an address of IPv4 */
function bytesOfHalf(half: string, isEnd: boolean): readonly number[] | undefined {
  const parts = half.split(':');
  const bytes = parts.map((part, index) => {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const word = Number.parseInt(part, 16);
      return [word >> 8, word & 0xff];
    }
    return isEnd && index === parts.length - 1 ? bytesOfFour(part) : undefined;
  });
  return bytes.includes(undefined) ? undefined : bytes.flatMap((pair) => pair ?? []);
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
