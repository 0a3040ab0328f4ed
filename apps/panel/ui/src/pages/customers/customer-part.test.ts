import { merge3 } from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';
import { customerIssues, customerPart } from './customer-part.ts';

describe('the e-mail of a customer', () => {
  it.each([
    ['ana@example.org', true],
    [' ana@example.org ', true],
    ['ana', false],
    ['ana@', false],
    ['a b@example.org', false],
    [`${'a'.repeat(250)}@b.org`, false],
    [null, false],
  ])('%j is checked before it leaves', (email, isGood) => {
    expect(customerIssues({ email }).length === 0).toBe(isGood);
  });

  it('is what a request changes, and nothing else', () => {
    expect(customerPart.write('5', { email: 'b@example.org' })).toEqual({
      method: 'PATCH',
      path: '/v1/customers/5',
      input: { email: 'b@example.org' },
    });
  });

  it('is no conflict where both wrote the same one in other letters, nor with a suspension', () => {
    const base = { email: 'a@example.org', status: 'active' };
    const mine = { ...base, email: 'B@Example.org' };
    const theirs = { email: 'b@example.org', status: 'suspended' };
    const { needsUser, rows } = merge3(customerPart.schema, base, mine, theirs);
    expect(needsUser).toBe(false);
    expect(rows.map(({ state }) => state)).toEqual(['both-same']);
  });
});
