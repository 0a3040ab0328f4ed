import { expect, it } from 'vitest';
import { maskEmail } from './mask-email.ts';

it.each([
  ['ana@example.com', 'a…@e….com'],
  ['a@b.co.uk', 'a…@b….uk'],
  ['ünal@localhost', 'ü…@l…'],
  ['😀x@example.org', '😀…@e….org'],
  ['', '…@…'],
])('%s is shown as %s', (address, shown) => {
  expect(maskEmail(address)).toBe(shown);
});
