import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { canonicalJson, NotJson } from './canonical-json.ts';
import { fingerprintOf } from './fingerprint.ts';

describe('canonical JSON', () => {
  it('is the example of RFC 8785', () => {
    const example = {
      numbers: [333_333_333.333_333_3, 1e30, 4.5, 2e-3, 0.000_000_000_000_000_000_000_000_001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts names by their UTF-16 code units, as RFC 8785 does', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    const object = Object.fromEntries(names.map((name) => [name, 0]));
    expect(canonicalJson(object)).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
  });

  it('says what was said, and the same in whatever order it was said', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(turnedAround(value))).toBe(text);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    });
    fc.assert(property, { numRuns: randomRuns(500) });
  });

  it('is another text for another value', () => {
    const property = fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const isSame = canonicalJson(one) === canonicalJson(other);
      expect(isSame).toBe(canonicalJson([one]) === canonicalJson([other]));
      if (isSame) expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
    });
    fc.assert(property, { numRuns: randomRuns(500) });
  });

  it('has no text for what is no JSON', () => {
    let deep: unknown = 0;
    for (let level = 0; level < 70; level += 1) deep = [deep];
    const values = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      () => 0,
      new Date(0),
      new Map(),
      '\ud800',
      deep,
    ];
    for (const value of values) expect(() => canonicalJson({ value })).toThrow(NotJson);
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow(NotJson);
  });
});

describe('a fingerprint', () => {
  const intent = {
    operation: 'PATCH /v1/tasks/{id}',
    kind: 'task',
    id: '1',
    version: 1,
    input: { a: 1, b: 2 },
  };

  it('is the same for the same request', () => {
    expect(fingerprintOf({ ...intent, input: { b: 2, a: 1 } })).toBe(fingerprintOf(intent));
    expect(fingerprintOf(intent)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another one for whatever differs', () => {
    const others = [
      { ...intent, operation: 'PUT /v1/tasks/{id}' },
      { ...intent, kind: 'project' },
      { ...intent, id: '2' },
      { ...intent, version: 2 },
      { ...intent, input: { a: 1, b: '2' } },
      { ...intent, input: { a: 1 } },
      { ...intent, input: { a: 1, b: null } },
    ];
    const all = [intent, ...others].map(fingerprintOf);
    expect(new Set(all).size).toBe(all.length);
  });
});

/** The same value with the members of its objects in the opposite order. */
function turnedAround(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedAround);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, turnedAround(member)])
      .toReversed(),
  );
}
