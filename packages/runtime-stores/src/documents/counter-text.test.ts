/** What is found in a text is what JSON has there, and what is replaced changes nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCounter } from './counter-text.ts';

describe('a counter in a text', () => {
  it.each([
    ['{"a":12,"b":7}', 'a', 12],
    ['{"a":12,"b":7}', 'b', 7],
    ['{"a":0}', 'a', 0],
    ['{"a":9007199254740991}', 'a', Number.MAX_SAFE_INTEGER],
  ])('is found in %s: %s', (json, name, value) => {
    expect(findCounter(json, name)?.value).toBe(value);
  });

  it.each([
    ['is not there', '{"b":1}'],
    ['is written with a space', '{"a": 1}'],
    ['is negative', '{"a":-1}'],
    ['is no whole number', '{"a":1.5}'],
    ['has an exponent', '{"a":1e3}'],
    ['has a leading zero', '{"a":01}'],
    ['is a text', '{"a":"1"}'],
    ['is an object', '{"a":{"b":1}}'],
    ['is followed by nothing', '{"a":1'],
    ['has more digits than a safe integer', '{"a":90071992547409910}'],
    ['stands there twice', '{"a":1,"a":2}'],
    ['stands in a text', '{"b":"\\"a\\":1"}'],
  ])('is not found when it %s', (_what, json) => {
    expect(findCounter(json, 'a')).toBeUndefined();
  });

  it('is replaced where the length stays, and only there', () => {
    const counter = findCounter('{"a":12,"b":12}', 'a');
    expect(counter?.replacedBy(34)).toBe('{"a":34,"b":12}');
    for (const next of [100, 1, -1, 1.5, Number.NaN]) expect(counter?.replacedBy(next)).toBeUndefined();
  });

  it('is as JSON has it, whatever stands beside it', () => {
    const name = fc.stringMatching(/^[0-9a-f]{1,4}$/);
    const entries = fc.dictionary(name, fc.oneof(fc.maxSafeNat(), fc.double(), fc.string()), { minKeys: 1 });
    fc.assert(
      fc.property(entries, name, fc.maxSafeNat(), (object, wanted, next) => {
        const json = JSON.stringify(object);
        const parsed = JSON.parse(json) as Record<string, unknown>;
        const counter = findCounter(json, wanted);
        if (counter === undefined) return;
        expect(counter.value).toBe(parsed[wanted]);
        const text = counter.replacedBy(next);
        if (text !== undefined) expect(JSON.parse(text)).toEqual({ ...parsed, [wanted]: next });
      }),
    );
  });
});
