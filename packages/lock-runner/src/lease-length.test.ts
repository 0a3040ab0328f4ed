/** Which leases are refused, and by whom. */
import { expect, it } from 'vitest';
import { requireLeaseLength } from './lease-length.ts';
import { lockfileBackend } from './lockfile/lockfile-backend.ts';

const refused = expect.objectContaining({ code: 'DURATION_INVALID' });

it.each([100, 10_000, 2 ** 31 - 1])('a lease of %d ms is one', (leaseMs) => {
  expect(() => requireLeaseLength(leaseMs, 100)).not.toThrow();
});

it.each([99, 0, -1, 100.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
  'a lease of %d ms is none',
  (leaseMs) => {
    expect(() => requireLeaseLength(leaseMs, 100)).toThrow(refused);
  },
);

it('a lease longer than any timer, which would be renewed without a pause, is none of a lockfile', () => {
  expect(() => lockfileBackend({ leaseMs: 2 ** 33 })).toThrow(refused);
});
