/**
 * A new `clientMutationId`: a UUID of version 4. Not `crypto.randomUUID`, which a page has only in a secure context; a panel that is
 * opened over plain HTTP on the network of an office is none.
 */
export function newMutationId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = Array.from(bytes, (byte, place) => withMarks(byte, place).toString(16).padStart(2, '0'));
  return [
    [0, 4],
    [4, 6],
    [6, 8],
    [8, 10],
    [10, 16],
  ]
    .map(([from, to]) => digits.slice(from, to).join(''))
    .join('-');
}

/** RFC 9562: the version stands in the upper half of byte 6, the variant in the upper two bits of byte 8. */
function withMarks(byte: number, place: number): number {
  if (place === 6) return (byte & 0x0f) | 0x40;
  if (place === 8) return (byte & 0x3f) | 0x80;
  return byte;
}
