/**
 * The NT hash of a password: MD4 of its UTF-16LE. MS-CHAPv2 knows nothing else. It has no salt and takes nanoseconds to try, and
 * whoever has the hash can log in without the password.
 *
 * @see RFC 2759 §8.3, NtPasswordHash
 */
import { md4 } from 'hash-wasm';

/** 32 hexadecimal digits. */
export async function ntHashOf(password: string): Promise<string> {
  return md4(Buffer.from(password, 'utf16le'));
}
