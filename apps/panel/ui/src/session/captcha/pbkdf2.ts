/**
 * PBKDF2 with HMAC-SHA-256 in plain JavaScript, for the proof of work alone: browsers have `crypto.subtle` only over HTTPS and
 * on the machine itself, and a panel in a LAN may have neither. About five times slower; secrets have no business here.
 *
 * @see RFC 8018 (PBKDF2), FIPS 180-4 (SHA-256)
 */
import { compress, initialState, type Words } from './sha256.ts';

const blockBytes = 64;
const digestBytes = 32;

/** @param lengthBytes - 32 at the most: one block of the derivation, which is all that a challenge asks for */
export function pbkdf2(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  lengthBytes: number,
): Uint8Array {
  if (lengthBytes > digestBytes) throw new RangeError(`${lengthBytes} bytes are more than one block`);
  const inner = stateAfter(password, 0x36);
  const outer = stateAfter(password, 0x5c);
  const first = new Uint8Array(salt.length + 4);
  first.set(salt);
  first[salt.length + 3] = 1;
  const link = hmac(inner, outer, first);
  const key = link.slice();
  // A link of the chain is the only block behind each pad: prepared once, and hashed in place.
  const block = new Uint32Array(16);
  block[8] = 0x80000000;
  block[15] = (blockBytes + digestBytes) * 8;
  for (let done = 1; done < iterations; done += 1) {
    block.set(link);
    compress(resume(link, inner), block);
    block.set(link);
    compress(resume(link, outer), block);
    for (let at = 0; at < key.length; at += 1) key[at] = (key[at] ?? 0) ^ (link[at] ?? 0);
  }
  return bytesOf(key).slice(0, lengthBytes);
}

/** The state of the hash behind the first block, which is the padded key. */
function stateAfter(password: Uint8Array, pad: number): Words {
  if (password.length > blockBytes) throw new RangeError('a longer key has to be hashed first');
  const padded = new Uint8Array(blockBytes).fill(pad);
  for (const [at, byte] of password.entries()) padded[at] = byte ^ pad;
  const state = initialState();
  compress(state, wordsOf(padded));
  return state;
}

function hmac(inner: Words, outer: Words, message: Uint8Array): Words {
  return hashBehind(outer, bytesOf(hashBehind(inner, message)));
}

/** Hashes the rest of a message whose first block is in `state` already. */
function hashBehind(state: Words, message: Uint8Array): Words {
  const blocks = Math.ceil((message.length + 9) / blockBytes);
  const padded = new Uint8Array(blocks * blockBytes);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, (blockBytes + message.length) * 8);
  const hash = state.slice();
  for (let block = 0; block < blocks; block += 1)
    compress(hash, wordsOf(padded.subarray(block * blockBytes, (block + 1) * blockBytes)));
  return hash;
}

function resume(target: Words, state: Words): Words {
  target.set(state);
  return target;
}

function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4));
}

function bytesOf(words: Words): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint32(at * 4, word);
  return bytes;
}
