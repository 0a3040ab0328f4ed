/** Cookies of a program that talks to one panel. */
import { expect, it } from 'vitest';
import { CookieJar } from './cookie-jar.ts';

const jarWith = (...lines: readonly string[]) => {
  const jar = new CookieJar();
  jar.keep(lines);
  return jar;
};

it.each([
  ['/v1/auth', 'a=1'],
  ['/v1/auth/login', 'a=1'],
  ['/v1/auth?x=/v1/auth', 'a=1'],
  ['/v1/authority', undefined],
  ['/v1', undefined],
])('a cookie of /v1/auth goes to %s as %s', (path, header) => {
  expect(jarWith('a=1; Path=/v1/auth; HttpOnly; SameSite=Strict').headerFor(path)).toBe(header);
});

it('a cookie without a path goes everywhere, with its value as it is', () => {
  expect(jarWith('a=b=c==; max-age=5', 'd=').headerFor('/x')).toBe('a=b=c==; d=');
});

it('a cookie is replaced by the next of its name, and gone when the server takes it back', () => {
  const jar = jarWith('a=1; Path=/', 'a=2; Path=/');
  expect(jar.headerFor('/')).toBe('a=2');
  jar.keep(['a=; Path=/; Max-Age=0']);
  expect(jar.headerFor('/')).toBeUndefined();
});
