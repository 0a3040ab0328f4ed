/** What is offered for a connection, by how it stands and who looks at it. */
import { describe, expect, it } from 'vitest';
import { availableActions, patchOfPlain } from './connection-action.ts';

const claimed = {
  ...{
    status: 'CLAIMED',
    claimed_at: '2026-01-01T00:00:00.000Z',
    restricted_reason: null,
    radius_username: 'ana',
  },
};
const unclaimed = { ...claimed, status: 'PREPROVISIONED', claimed_at: null };

describe('what is offered', () => {
  it.each([
    ['a claimed connection', claimed, ['restrict', 'disable', 'renew']],
    ['a restricted one', { ...claimed, restricted_reason: 'QUOTA' }, ['lift', 'disable', 'renew']],
    ['an unclaimed one', unclaimed, ['restrict', 'disable', 'resetGrace', 'extend', 'renew']],
    [
      'one that was not claimed in time',
      { ...unclaimed, restricted_reason: 'UNCLAIMED_OVERDUE' },
      ['restrict', 'disable', 'resetGrace', 'extend', 'renew'],
    ],
    ['a disabled one', { ...claimed, status: 'DISABLED' }, ['restrict', 'enable', 'renew']],
    ['one without a name for RADIUS', { ...claimed, radius_username: null }, ['restrict', 'disable']],
  ])('an admin for %s', (_name, value, actions) => {
    expect(availableActions('admin', value)).toEqual(actions);
  });

  it('a customer: a new secret, and nothing of what is disabled', () => {
    expect(availableActions('customer', claimed)).toEqual(['renew']);
    expect(availableActions('customer', { ...claimed, status: 'DISABLED' })).toEqual([]);
  });

  it('brings a connection back to where it came from', () => {
    expect(patchOfPlain('enable', claimed)).toEqual({ status: 'CLAIMED' });
    expect(patchOfPlain('enable', unclaimed)).toEqual({ status: 'PREPROVISIONED' });
  });
});
