import { expect, it } from 'vitest';
import { nextPageOf } from './next-page.ts';

const base = new URL('https://example.net/a/packages?page=1');

it.each([
  [null, undefined],
  ['</a/packages?page=0>; rel="prev"', undefined],
  ['</a/packages?page=2>; rel="next"', 'https://example.net/a/packages?page=2'],
  ['<?page=0>; rel=prev, <?page=2>; rel=next', 'https://example.net/a/packages?page=2'],
  ['<https://example.net/b>; title="x"; rel="next"', 'https://example.net/b'],
])('%s leads to %s', (link, next) => {
  expect(nextPageOf(link, base)).toBe(next);
});

it('a page on another server is refused, as leaving it out would lose it', () => {
  expect(() => nextPageOf('<https://example.org/a>; rel="next"', base)).toThrow(
    expect.objectContaining({ code: 'SOURCE_INVALID' }),
  );
});
