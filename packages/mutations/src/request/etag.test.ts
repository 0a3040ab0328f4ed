import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { etagOf, versionOfEtag } from './etag.ts';
import { isMutationId } from './mutation-id.ts';

const task = { kind: 'task', id: '17' };

describe('an entity tag', () => {
  it('names the resource and its version, and gives the version back', () => {
    expect(etagOf({ ...task, version: 42 })).toBe('"task-17.v42"');
    const property = fc.property(
      fc.string({ minLength: 1, unit: 'binary' }).filter((id) => id.isWellFormed()),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      (id, version) => {
        expect(versionOfEtag(etagOf({ kind: 'task', id, version }), { kind: 'task', id })).toBe(version);
      },
    );
    fc.assert(property);
  });

  it.each(['W/"task-17.v42"', '"task-17.v42-gzip"', 'W/"task-17.v42-br"', ' "task-17.v42" '])(
    'is known again as a proxy leaves it: %s',
    (header) => {
      expect(versionOfEtag(header, task)).toBe(42);
    },
  );

  it.each([
    '"task-18.v42"',
    '"project-17.v42"',
    '"task-17.v042"',
    '"task-17.v0"',
    '"task-17.v-1"',
    '"task-17.v42x"',
    '"task-17.v99999999999999999"',
    '"task-17.v1", "task-17.v2"',
    'task-17.v42',
    '*',
    '',
  ])('is none of this resource: %s', (header) => {
    expect(versionOfEtag(header, task)).toBeUndefined();
  });
});

describe('a mutation id', () => {
  it('is a UUID of version 4 or 7 in small letters', () => {
    expect(isMutationId('6f1e7c3e-8a3b-4c52-9d55-0d4c1f6f3a10')).toBe(true);
    expect(isMutationId('0190163d-8694-7a3f-9b1e-1f3c5d7e9a0b')).toBe(true);
    const none = [
      undefined,
      7,
      '',
      '6F1E7C3E-8A3B-4C52-9D55-0D4C1F6F3A10',
      '6f1e7c3e-8a3b-1c52-9d55-0d4c1f6f3a10',
    ];
    expect(none.filter(isMutationId)).toEqual([]);
    expect(isMutationId('6f1e7c3e-8a3b-4c52-9d55-0d4c1f6f3a10\n')).toBe(false);
  });
});
