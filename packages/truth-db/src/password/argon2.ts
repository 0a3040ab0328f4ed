/**
 * Argon2id in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`, base64 without padding. The string says
 * what it was made with, so hashes of different cost live side by side.
 *
 * @see RFC 9106; OWASP Password Storage Cheat Sheet for the cost; the PHC string format specification
 */
import { argon2 } from 'node:crypto';

export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** A hash taken apart. */
export interface Argon2Hash {
  readonly cost: Argon2Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** OWASP's first choice: 19 MiB, two passes, one lane; some 20 ms. */
export const owaspCost: Argon2Cost = { memoryKib: 19_456, passes: 2, lanes: 1 };

const base64 = '([A-Za-z0-9+/]+)';
const phcPattern = new RegExp(
  `^\\$argon2id\\$v=19\\$m=(\\d{1,8}),t=(\\d{1,4}),p=(\\d{1,3})\\$${base64}\\$${base64}$`,
);

/** The hash of a password under a salt. */
export type DeriveKey = (
  password: string,
  salt: Uint8Array,
  cost: Argon2Cost,
  bytes: number,
) => Promise<Buffer>;

/** Runs in the thread pool: the event loop goes on meanwhile. */
export const deriveKey: DeriveKey = async (password, salt, cost, tagLength) => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const { memoryKib: memory, passes, lanes: parallelism } = cost;
  const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength };
  argon2('argon2id', parameters, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return promise;
};

export function formatHash({ cost, salt, hash }: Argon2Hash): string {
  const { memoryKib, passes, lanes } = cost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Undefined for a text of another form, or with what no hash of a password is made with. */
export function parseHash(text: string): Argon2Hash | undefined {
  const [, memoryKib, passes, lanes, salt, hash] = phcPattern.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const cost = { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) };
  const read = { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  return isUsable(read) ? read : undefined;
}

/** RFC 9106 §3.1 below, and above what a damaged row must not make us pay: 1 GiB, 64 passes, 16 lanes. */
function isUsable({ cost: { memoryKib, passes, lanes }, salt, hash }: Argon2Hash): boolean {
  const isWithin = (value: number, least: number, most: number) => value >= least && value <= most;
  return (
    isWithin(lanes, 1, 16) &&
    isWithin(passes, 1, 64) &&
    isWithin(memoryKib, 8 * lanes, 1_048_576) &&
    isWithin(salt.length, 8, 64) &&
    isWithin(hash.length, 16, 64)
  );
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
