/**
 * SHA-256 of a short text, as FIPS 180-4 has it. It is here because to load `node:crypto` takes a command as long as all that
 * it does with its lock, and nothing lighter that a runtime has gives a digest at once. For names only: never for secrets,
 * whose time it would tell, nor for much text, for which `node:crypto` is faster.
 */

const blockBytes = 64;
/** Of the message, in bits, written at its end. */
const lengthBytes = 8;

/** The first bits of the fractions of the square roots of the first 8 primes. Written out: runtimes may round a root. */
const firstState = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const;

/** One a round: of the cube roots of the first 64 primes. */
const roundWords = Uint32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

type State = readonly [number, number, number, number, number, number, number, number];

/** @returns 64 hex digits, of the text in UTF-8 */
export function sha256(text: string): string {
  const message = padded(text);
  let state: State = firstState;
  for (let offset = 0; offset < message.length; offset += blockBytes) {
    state = compress(state, schedule(message, offset));
  }
  return state.map((word) => word.toString(16).padStart(8, '0')).join('');
}

function padded(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const message = Buffer.alloc(Math.ceil((bytes + 1 + lengthBytes) / blockBytes) * blockBytes);
  message.write(text);
  message[bytes] = 0x80;
  message.writeUIntBE(bytes * 8, message.length - 6, 6); // no text is as long as to need all 8
  return message;
}

/** The words that a block brings into its rounds. */
function schedule(message: Buffer, offset: number): Uint32Array {
  const words = new Uint32Array(roundWords.length);
  const at = (place: number) => words[place] ?? 0;
  for (let round = 0; round < 16; round += 1) words[round] = message.readUInt32BE(offset + round * 4);
  for (let round = 16; round < words.length; round += 1) {
    const [early, late] = [at(round - 15), at(round - 2)];
    const mixed = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    words[round] =
      at(round - 16) + mixed + at(round - 7) + (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10));
  }
  return words;
}

function compress(state: State, words: Uint32Array): State {
  let [a, b, c, d, e, f, g, h] = state;
  for (const [round, word] of words.entries()) {
    const choice = (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g));
    const one = h + choice + (roundWords[round] ?? 0) + word;
    const two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(one + two) >>> 0, a, b, c, (d + one) >>> 0, e, f, g];
  }
  const [a0, b0, c0, d0, e0, f0, g0, h0] = state;
  return [
    (a0 + a) >>> 0,
    (b0 + b) >>> 0,
    (c0 + c) >>> 0,
    (d0 + d) >>> 0,
    (e0 + e) >>> 0,
    (f0 + f) >>> 0,
    (g0 + g) >>> 0,
    (h0 + h) >>> 0,
  ];
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
