/** What ends a daemon at its start, and what it waits out. */
import { type ErrorCode, HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { isHopeless, mayPass } from './hopeless.ts';

const failure = (code: ErrorCode) => new HoldfastError(code, 'it failed');

describe('a failure at the start', () => {
  it.each([
    ['USAGE', true, true],
    ['DATABASE_ACCESS', true, true],
    ['NOT_PERMITTED', true, true],
    ['CONFIG_INVALID', true, true],
    ['SCHEMA_MISSING', true, true],
    ['STATE_DIRECTORY', true, true],
    ['DATABASE_UNREACHABLE', false, true],
    ['DATABASE_BUSY', false, false],
    ['DATABASE_READ_ONLY', false, false],
    ['CAPACITY', false, false],
    ['TRUTH_INVALID', false, false],
    ['REMOVAL_REFUSED', false, false],
    ['LOCK_BUSY', false, false],
    ['DATAPLANE_FAILED', false, false],
    ['DEVICE_MISSING', false, false],
    ['INTERNAL', false, false],
  ] as const)('%s is hopeless on a server: %s, on a file: %s', (code, onServer, onFile) => {
    expect([isHopeless(failure(code), true), isHopeless(failure(code), false)]).toEqual([onServer, onFile]);
  });
});

describe('a failure of a run', () => {
  it.each([
    ['DATABASE_UNREACHABLE', true],
    ['DATAPLANE_FAILED', true],
    ['DEVICE_MISSING', true],
    ['LOCK_BUSY', true],
    ['TRUTH_INVALID', false],
    ['REMOVAL_REFUSED', false],
    ['CAPACITY', false],
    ['INTERNAL', false],
  ] as const)('%s may pass by itself: %s', (code, passes) => {
    expect(mayPass(failure(code))).toBe(passes);
  });
});
