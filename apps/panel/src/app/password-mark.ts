/**
 * What stands for a password in the fingerprint of a mutation. A fingerprint is kept for a day and is quick to compute, so a password
 * in it could be guessed by whoever reads the database; this takes as long to guess as the hash that is stored of it.
 */
import { scrypt } from 'node:crypto';

/** @param salt - the same when the same request is sent again, and for no other */
export async function passwordMark(password: string, salt: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  scrypt(password.normalize('NFKC'), `holdfast mutation ${salt}`, 32, (error, key) => {
    // Without an error it is null on Node and undefined on Bun.
    if (error instanceof Error) reject(error);
    else resolve(key.toString('hex'));
  });
  return promise;
}
