/**
 * Client addresses as text in one canonical form, the form in which the C library (and so nft) prints them. Everything
 * that names an address, in truth or in the kernel, goes through here once; after that text equality is equality.
 *
 * Single addresses only: no prefixes, no zone ids, no names.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Canonical text of one IPv4 or IPv6 address. */
export type Address = string;

export type AddressFamily = 4 | 6;

/** The canonical form of an address in any usual spelling; undefined when `text` is not one. */
export function canonicalAddress(text: string): Address | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return formatWords(wordsOf(text));
}

/** The family of a canonical address. */
export function familyOf(address: Address): AddressFamily {
  return address.includes(':') ? 6 : 4;
}

/** True for an address that a session can have: neither unspecified, nor multicast, nor broadcast, nor class E. */
export function isClientAddress(address: Address): boolean {
  if (familyOf(address) === 4) {
    const first = Number(address.slice(0, address.indexOf('.')));
    return first > 0 && first < 224;
  }
  return address !== '::' && !/^ff[0-9a-f]{2}:/.test(address);
}

/** The last byte of a canonical address: what the shard of a session is derived from. */
export function lastByteOf(address: Address): number {
  if (address.includes('.')) return Number(address.slice(address.lastIndexOf('.') + 1));
  const word = address.slice(address.lastIndexOf(':') + 1);
  return Number.parseInt(word === '' ? '0' : word, 16) & 0xff;
}

/** The eight 16-bit words of a valid IPv6 text. */
function wordsOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = wordsOfPart(head);
  if (tail === undefined) return before;
  const after = wordsOfPart(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function wordsOfPart(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** Mirrors inet_ntop of glibc: the first longest run of zeros is `::`, IPv4 in the tail is dotted. */
function formatWords(words: readonly number[]): Address {
  const run = longestZeroRun(words);
  const isDotted = run.start === 0 && (run.length === 6 || (run.length === 5 && words[5] === 0xffff));
  const groups = words.slice(0, isDotted ? 6 : 8).map((word) => word.toString(16));
  if (isDotted) {
    const [high = 0, low = 0] = words.slice(6);
    groups.push(`${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`);
  }
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 };
  let start = 0;
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
