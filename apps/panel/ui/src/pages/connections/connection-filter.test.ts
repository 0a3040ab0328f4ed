/** The address of the list, and what is read of it. */
import { describe, expect, it } from 'vitest';
import { changedAddress, filterOf } from './connection-filter.ts';

describe('the address of the list', () => {
  it('is read back as it was chosen', () => {
    const chosen = {
      search: 'a b',
      status: 'CLAIMED',
      restricted: 'true',
      online: 'false',
      sort: '-label',
      customer: '5',
    };
    expect(filterOf(changedAddress(new URLSearchParams(), chosen))).toEqual(chosen);
  });

  it('gives nothing that the panel would refuse', () => {
    const address = new URLSearchParams(
      `status=OTHER&restricted=1&online=&sort=up&customer=x&search=${'a'.repeat(200)}`,
    );
    expect(filterOf(address)).toEqual({ search: 'a'.repeat(100) });
  });

  it('forgets what is emptied, and keeps the rest', () => {
    const address = new URLSearchParams('status=CLAIMED&search=a');
    expect(changedAddress(address, { search: '' }).toString()).toBe('status=CLAIMED');
  });
});
