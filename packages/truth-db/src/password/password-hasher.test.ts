import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../testing/code-of.ts';
import { type Argon2Cost, deriveKey, formatHash, owaspCost, parseHash } from './argon2.ts';
import { createPasswordHasher, noPassword } from './password-hasher.ts';

const cost: Argon2Cost = { memoryKib: 8, passes: 1, lanes: 1 };
/** From the tests of the reference implementation: `password`, `somesalt`, 64 MiB, two passes. */
const foreign = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

describe('a password hash', () => {
  it('says by what it was made, at the cost that OWASP names first', async () => {
    const hash = await createPasswordHasher().hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(parseHash(hash)?.cost).toEqual(owaspCost);
  });

  it('is another every time', async () => {
    const passwords = createPasswordHasher({ cost });
    const hashes = await Promise.all(Array.from({ length: 5 }, () => passwords.hash('correct horse')));
    expect(new Set(hashes).size).toBe(5);
  });

  it('that the reference implementation made is verified', async () => {
    const passwords = createPasswordHasher();
    expect(await passwords.verify('password', foreign)).toEqual({ isMatch: true });
    expect(await passwords.verify('passwore', foreign)).toEqual({ isMatch: false });
  });

  it('is read back as it was written', () => {
    const read = parseHash(foreign);
    expect(read && formatHash(read)).toBe(foreign);
  });

  it.each([
    '',
    'password',
    foreign.replace('argon2id', 'argon2i'),
    foreign.replace('v=19', 'v=16'),
    foreign.replace(/\$[^$]*$/, ''),
    `${foreign}$`,
    foreign.replace('m=65536', 'm=-1'),
    foreign.replace('m=65536', 'm=123456789'),
    foreign.replace('m=65536', 'm=7'),
    foreign.replace('m=65536', 'm=99999999'),
    foreign.replace('t=2', 't=0'),
    foreign.replace('t=2', 't=999'),
    foreign.replace('p=1', 'p=0'),
    foreign.replace('c29tZXNhbHQ', 'c29t'),
    foreign.replace(/\$[^$]*$/, '$AAAA'),
  ])('written %j is none, and an error', async (text) => {
    expect(parseHash(text)).toBeUndefined();
    expect(await codeOf(createPasswordHasher({ cost }).verify('password', text))).toBe('TRUTH_INVALID');
  });

  it('is the same for all ways of typing the same characters', async () => {
    const passwords = createPasswordHasher({ cost });
    const hash = await passwords.hash('contrase\u00f1a');
    expect(await passwords.verify('contrasen\u0303a', hash)).toEqual({ isMatch: true });
  });

  it.each([
    ['7 characters', '1234567', 'PASSWORD_REFUSED'],
    ['8 characters', '12345678', 'none'],
    ['8 characters of two units each', '😀'.repeat(8), 'none'],
    ['4 characters of two units each', '😀'.repeat(4), 'PASSWORD_REFUSED'],
    ['256 characters', 'x'.repeat(256), 'none'],
    ['257 characters', 'x'.repeat(257), 'PASSWORD_REFUSED'],
  ])('of %s is made or refused', async (_what, password, code) => {
    expect(await codeOf(createPasswordHasher({ cost }).hash(password))).toBe(code);
  });

  it.each([
    ['memory', { ...cost, memoryKib: 16 }],
    ['passes', { ...cost, passes: 2 }],
    ['lanes', { memoryKib: 16, passes: 1, lanes: 2 }],
  ])('of less %s than today is renewed by the right password only', async (_what, today) => {
    const hash = await createPasswordHasher({ cost }).hash('correct horse');
    const passwords = createPasswordHasher({ cost: today });
    expect(await passwords.verify('wrong horse', hash)).toEqual({ isMatch: false });
    const { isMatch, renewed = '' } = await passwords.verify('correct horse', hash);
    expect(isMatch).toBe(true);
    expect(parseHash(renewed)?.cost).toEqual(today);
    expect(await passwords.verify('correct horse', renewed)).toEqual({ isMatch: true });
    expect(await createPasswordHasher({ cost }).verify('correct horse', renewed)).toEqual({ isMatch: true });
  });
});

describe('a hasher', () => {
  it('pays the same for nobody, for nothing, for the wrong and for the right password', async () => {
    const paid: Argon2Cost[] = [];
    const passwords = createPasswordHasher({
      cost,
      derive: (password, salt, of, bytes) => {
        paid.push(of);
        return deriveKey(password, salt, of, bytes);
      },
    });
    const hash = await passwords.hash('correct horse');
    const bills: (readonly Argon2Cost[])[] = [];
    for (const [password, stored] of [
      ['correct horse', undefined],
      ['correct horse', noPassword],
      ['wrong horse', hash],
      ['correct horse', hash],
      ['x'.repeat(100_000), hash],
    ] as const) {
      paid.length = 0;
      await passwords.verify(password, stored);
      bills.push([...paid]);
    }
    expect(bills).toEqual(bills.map(() => [cost]));
  });

  it('hashes two at once, and the others in the order in which they came', async () => {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const passwords = createPasswordHasher({
      cost,
      derive: async (password) => {
        begun.push(password);
        await new Promise<void>((resolve) => ends.set(password, resolve));
        return Buffer.alloc(32);
      },
    });
    const names = ['password-1', 'password-2', 'password-3', 'password-4'];
    const made = names.map((name) => passwords.hash(name));
    await turn();
    expect(begun).toEqual(names.slice(0, 2));
    ends.get('password-2')?.();
    await turn();
    expect(begun).toEqual(names.slice(0, 3));
    ends.get('password-1')?.();
    ends.get('password-3')?.();
    await turn();
    expect(begun).toEqual(names);
    ends.get('password-4')?.();
    await Promise.all(made);
  });

  it('whose hash fails gives its place to the next', async () => {
    let isBroken = true;
    const passwords = createPasswordHasher({
      cost,
      parallel: 1,
      derive: async () => {
        if (isBroken) throw new Error('no memory');
        return Buffer.alloc(32);
      },
    });
    await expect(passwords.hash('correct horse')).rejects.toThrow('no memory');
    isBroken = false;
    expect(await passwords.hash('correct horse')).toContain('$argon2id$');
  });
});
