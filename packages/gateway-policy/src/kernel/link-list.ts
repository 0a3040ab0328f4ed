/** Reads what `ip -json -batch` prints of links: one document for each device that there is. */
import { HoldfastError } from '@holdfast/base';

/**
 * @returns whether each of the devices is up, in the sense of its owner: one that has no carrier is up
 * @throws HoldfastError DATAPLANE_FAILED - the list is malformed
 */
export function parseLinkList(text: string): ReadonlyMap<string, boolean> {
  const isUp = new Map<string, boolean>();
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    for (const { ifname, flags } of documentOf(line)) {
      if (typeof ifname !== 'string' || !Array.isArray(flags)) throw malformed(line);
      isUp.set(ifname, flags.includes('UP'));
    }
  }
  return isUp;
}

function documentOf(line: string): readonly Readonly<Record<string, unknown>>[] {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch (cause) {
    throw malformed(line, cause);
  }
  const isList =
    Array.isArray(document) && document.every((link) => typeof link === 'object' && link !== null);
  if (!isList) throw malformed(line);
  return document as readonly Readonly<Record<string, unknown>>[];
}

function malformed(line: string, cause?: unknown): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', 'ip printed a list of links that cannot be read', {
    cause,
    details: { sizeCharacters: line.length, start: line.slice(0, 80), end: line.slice(-80) },
  });
}
