/** What stands in a control, and back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controlOfValue, valueOfControl } from './typed-value.ts';

describe('a control', () => {
  it.each([
    ['number', '50000', 50_000],
    ['number', '-1', -1],
    ['number', '', null],
    ['number', '010', '010'],
    ['number', '1e3', '1e3'],
    ['number', ' 10', ' 10'],
    ['number', '99999999999999999999', '99999999999999999999'],
    ['text', '10', '10'],
    ['text', '', null],
  ] as const)('of a %s with %j has the value %j', (kind, typed, value) => {
    expect(valueOfControl(kind, typed)).toBe(value);
  });

  it('loses nothing of what is typed', () => {
    fc.assert(
      fc.property(fc.constantFrom('text', 'number'), fc.string(), (kind, typed) => {
        expect(controlOfValue(valueOfControl(kind, typed))).toBe(typed);
      }),
    );
  });
});
