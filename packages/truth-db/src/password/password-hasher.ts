/**
 * Passwords of people: hashed with Argon2id, verified in a time that says nothing, and not more at once than the machine
 * has room for. One hash costs 19 MiB and a thread of the pool, which files and look-ups of names need too, so the rest
 * wait for their turn.
 *
 * Verifying against no hash at all, because there is no such customer or no password yet, costs one hash as well: how
 * long an answer takes does not tell who is registered. Only a hash of other cost takes another time, until its next
 * good login renews it.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import {
  type Argon2Cost,
  type Argon2Hash,
  type DeriveKey,
  deriveKey,
  formatHash,
  owaspCost,
  parseHash,
} from './argon2.ts';

/** No password has this hash: the customer cannot log in until a password is set. */
export const noPassword = '!';

/** Characters. NIST SP 800-63B: at least 8; the upper bound keeps a request from costing more than a hash. */
const shortest = 8;
const longest = 256;
const saltBytes = 16;
const hashBytes = 32;

export interface PasswordHasherOptions {
  readonly cost?: Argon2Cost;
  /** Hashes at once; 2. */
  readonly parallel?: number;
  /** Argon2id of `node:crypto`. */
  readonly derive?: DeriveKey;
}

export interface Verification {
  readonly isMatch: boolean;
  /** It matched a hash of lower cost than today's: the one that should take its place. */
  readonly renewed?: string;
}

export interface PasswordHasher {
  /**
   * @returns a PHC string
   * @throws HoldfastError PASSWORD_REFUSED - shorter than 8 characters or longer than 256
   */
  hash(password: string): Promise<string>;
  /**
   * @param stored - a PHC string, `noPassword`, or undefined where there is no customer; the latter two match nothing
   * @throws HoldfastError TRUTH_INVALID - what is stored is neither
   */
  verify(password: string, stored: string | undefined): Promise<Verification>;
}

/** One per process: its bound counts what goes through it. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { cost = owaspCost, parallel = 2, derive = deriveKey } = options;
  const inTurn = takeTurns(parallel);
  const keyOf = (text: string, salt: Buffer, of: Argon2Cost, bytes: number) =>
    inTurn(() => derive(text, salt, of, bytes));
  const made = async (text: string) => {
    const salt = randomBytes(saltBytes);
    return formatHash({ cost, salt, hash: await keyOf(text, salt, cost, hashBytes) });
  };
  // The same work as for a hash that is there. Random, so that no password matches it.
  const decoy: Argon2Hash = { cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };
  return {
    hash: async (password) => {
      const text = normalized(password);
      const length = [...text].length;
      if (length < shortest || length > longest) throw refusal(length);
      return made(text);
    },
    verify: async (password, stored) => {
      const isThere = stored !== undefined && stored !== noPassword;
      const hash = isThere ? parseHash(stored) : decoy;
      if (hash === undefined)
        throw new HoldfastError('TRUTH_INVALID', 'a stored password hash cannot be read');
      // What is too long to be a password is cut short, so that it costs no more and matches nothing all the same.
      const text = normalized(password).slice(0, 4 * longest);
      const key = await keyOf(text, hash.salt, hash.cost, hash.hash.length);
      const isMatch = timingSafeEqual(key, hash.hash) && isThere;
      if (!isMatch || !isWeaker(hash.cost, cost)) return { isMatch };
      return { isMatch, renewed: await made(text) };
    },
  };
}

/** One form for all ways of typing the same characters. */
function normalized(password: string): string {
  return password.normalize('NFKC');
}

function isWeaker(a: Argon2Cost, b: Argon2Cost): boolean {
  return a.memoryKib < b.memoryKib || a.passes < b.passes || a.lanes < b.lanes;
}

function refusal(length: number): HoldfastError {
  return new HoldfastError(
    'PASSWORD_REFUSED',
    `a password has ${shortest} to ${longest} characters, this one ${length}`,
    { details: { length, shortest, longest } },
  );
}

/** At most `parallel` calls at once; the others begin in the order they came. */
function takeTurns(parallel: number): <Result>(call: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (call) => {
    if (running >= parallel) await new Promise<void>((begin) => waiting.push(begin));
    else running += 1;
    try {
      return await call();
    } finally {
      // The place goes straight to the next in line, so nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
