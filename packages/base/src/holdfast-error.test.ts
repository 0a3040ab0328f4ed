/** The error class and its table. */
import { describe, expect, it, vi } from 'vitest';
import { errorTable } from './error-table.ts';
import { errnoOf, HoldfastError, isHoldfastError } from './holdfast-error.ts';

describe('the error table', () => {
  const codes = Object.keys(errorTable) as (keyof typeof errorTable)[];

  it('has an exit status of DESIGN §6 for every code, or one of a shell that runs a program', () => {
    const known = [3, 64, 65, 69, 70, 73, 74, 75, 77, 78, 126, 127, 130, 143];
    expect(codes.filter((code) => !known.includes(errorTable[code].exit))).toEqual([]);
  });

  it.each([
    ['USAGE', 64],
    ['TRUTH_INVALID', 65],
    ['DATABASE_UNREACHABLE', 69],
    ['DATAPLANE_UNAVAILABLE', 69],
    ['INTERNAL', 70],
    ['STATE_DIRECTORY', 73],
    ['VERIFY_FAILED', 74],
    ['LOCK_LOST', 74],
    ['LOCK_BUSY', 75],
    ['NOT_PERMITTED', 77],
    ['CONFIG_INVALID', 78],
    ['REMOVAL_REFUSED', 3],
    ['CANCELLED', 130],
    ['TERMINATED', 143],
  ] as const)('ends a command that failed with %s with %d', (code, exit) => {
    expect(new HoldfastError(code, 'it failed').exit).toBe(exit);
  });

  it('has one sentence of advice for every code', () => {
    expect(codes.filter((code) => !/^[A-Z].*\.$/.test(errorTable[code].hint))).toEqual([]);
  });
});

describe('HoldfastError', () => {
  it('carries code, details, cause and advice', () => {
    const cause = new Error('below');
    const error = new HoldfastError('WRITE_FAILED', 'it failed', { cause, details: { path: '/x' } });
    expect(error).toMatchObject({
      name: 'HoldfastError',
      code: 'WRITE_FAILED',
      cause,
      details: { path: '/x' },
    });
    expect(error.hint).toBe(errorTable.WRITE_FAILED.hint);
    expect('cause' in new HoldfastError('USAGE', 'x')).toBe(false);
  });

  it('is known across copies of its module', async () => {
    vi.resetModules();
    const copy = await import('./holdfast-error.ts');
    expect(copy.HoldfastError).not.toBe(HoldfastError);
    const foreign = new copy.HoldfastError('LOCK_BUSY', 'held');
    expect(isHoldfastError(foreign)).toBe(true);
    expect(isHoldfastError(foreign, 'LOCK_BUSY')).toBe(true);
    expect(isHoldfastError(foreign, 'LOCK_LOST')).toBe(false);
  });

  it.each([undefined, null, 'LOCK_BUSY', new Error('x'), { code: 'LOCK_BUSY' }])('is not %o', (other) => {
    expect(isHoldfastError(other)).toBe(false);
  });
});

describe('errnoOf', () => {
  it('names the errno of a system error, and of nothing else', () => {
    expect(errnoOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
    const others = [
      undefined,
      null,
      'ENOENT',
      new Error('x'),
      { code: 2 },
      new HoldfastError('LOCK_BUSY', 'x'),
    ];
    expect(others.map(errnoOf)).toEqual(others.map(() => undefined));
  });
});
