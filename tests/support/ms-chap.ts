/**
 * The client's side of MS-CHAPv2, for tests: its response to a challenge, and whether the server knew the password too.
 *
 * @see RFC 2759 §8, RFC 2548 §2.3
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { md4 } from 'hash-wasm';
import type { Attributes } from './radius-packet-codec.ts';

export interface MsChapLogin {
  /** MS-CHAP-Challenge and MS-CHAP2-Response. */
  readonly attributes: Attributes;
  /** Whether MS-CHAP2-Success, as hex, is of somebody who has the NT hash of the password. */
  isSuccess(value: string | number | undefined): boolean;
}

/** MD4 of the password in UTF-16: 32 hexadecimal digits. */
export async function ntHashOf(password: string): Promise<string> {
  return await md4(Buffer.from(password, 'utf16le'));
}

export async function msChapLogin(userName: string, password: string): Promise<MsChapLogin> {
  const [challenge, peer] = [randomBytes(16), randomBytes(16)];
  const ntHash = Buffer.from(await ntHashOf(password), 'hex');
  const hashed = sha1(peer, challenge, Buffer.from(userName)).subarray(0, 8);
  const response = desThrice(ntHash, hashed);
  const identifier = Buffer.from([7, 0]);
  const attribute = Buffer.concat([identifier, peer, Buffer.alloc(8), response]);
  const hashOfHash = Buffer.from(await md4(ntHash), 'hex');
  const proof = sha1(
    sha1(hashOfHash, response, Buffer.from('Magic server to client signing constant')),
    hashed,
    Buffer.from('Pad to make it do more than one iteration'),
  );
  const success = Buffer.concat([
    identifier.subarray(0, 1),
    Buffer.from(`S=${proof.toString('hex').toUpperCase()}`),
  ]);
  return {
    attributes: [
      ['MS-CHAP-Challenge', challenge],
      ['MS-CHAP2-Response', attribute],
    ],
    isSuccess: (value) => value === success.toString('hex'),
  };
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** ChallengeResponse: DES under the three thirds of the padded hash. */
function desThrice(ntHash: Buffer, block: Buffer): Buffer {
  const padded = Buffer.concat([ntHash, Buffer.alloc(5)]);
  return Buffer.concat([0, 7, 14].map((from) => des(padded.subarray(from, from + 7), block)));
}

/** One DES, as the triple one under three times the same key: the single one is in no default provider any more. */
function des(sevenBytes: Buffer, block: Buffer): Buffer {
  const bits = BigInt(`0x${sevenBytes.toString('hex')}`);
  const key = Buffer.from(
    [49n, 42n, 35n, 28n, 21n, 14n, 7n, 0n].map((shift) => Number((bits >> shift) & 0x7fn) << 1),
  );
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null);
  return cipher.setAutoPadding(false).update(block);
}
