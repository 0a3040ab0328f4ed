/**
 * What a person may mean by one word: an address in any spelling in which logs and other tools write it, a connection id, a
 * user name. Nothing is decided here, truth is asked for each.
 */
import { isIPv6 } from 'node:net';
import type { ClientQuestion } from '@holdfast/truth-db';
import { type Address, canonicalAddress } from '../address.ts';

export interface AskedClient extends ClientQuestion {
  /** In the form in which the kernel has it; undefined when the word is no address. */
  readonly address: Address | undefined;
}

export function askedClient(word: string): AskedClient {
  const text = word.trim();
  const address = addressIn(text);
  const written = hostOf(text);
  const spellings = address === undefined ? [] : [address, written, written.toLowerCase()];
  const id = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return { address, addresses: [...new Set(spellings)], connectionId: id, userName: word };
}

/** An IPv4 address inside IPv6, as sockets of both families show it, is the IPv4 address. */
function addressIn(text: string): Address | undefined {
  const address = canonicalAddress(hostOf(text));
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address ?? '') ?? [];
  return mapped ?? address;
}

/** Without the brackets of a URL, and without the length of a prefix that is one address. */
function hostOf(text: string): string {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  const [, host = bare, bits] = /^(.*)\/(\d+)$/.exec(bare) ?? [];
  return bits === undefined || bits === (isIPv6(host) ? '128' : '32') ? host : bare;
}
