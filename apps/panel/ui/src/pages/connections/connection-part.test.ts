/** A change of a connection as the request it becomes, and what is checked before it leaves. */
import { merge3 } from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';
import { connectionIssues, connectionParts } from './connection-part.ts';

const { form, state } = connectionParts('admin');

describe('a change of a connection', () => {
  it('of its form is sent as it is', () => {
    expect(form.write('17', { label: 'Laptop' })).toEqual({
      ...{ method: 'PATCH', path: '/v1/connections/17', input: { label: 'Laptop' } },
    });
  });

  it.each([
    ['restrict', { restricted_reason: 'QUOTA', restricted_effective: 1 }, { reason: 'QUOTA' }],
    ['lift', { restricted_reason: null, restricted_effective: 0 }, {}],
    ['disable', { status: 'DISABLED' }, {}],
    ['enable', { status: 'CLAIMED' }, {}],
    [
      'extend-deadline',
      { claim_deadline: '2026-12-01T00:00:00.000Z' },
      { until: '2026-12-01T00:00:00.000Z' },
    ],
    ['reset-grace', { grace: true }, {}],
    ['renew-secret', { radius_secret: true }, {}],
  ])('of its state is the operation %s', (operation, patch, input) => {
    expect(state.write('17', patch)).toEqual({
      ...{ method: 'POST', path: `/v1/connections/17/${operation}`, input },
    });
  });

  it.each([
    [{ label: null, down_kbit: null, up_kbit: null }, []],
    [{ label: ' ' }, ['/label not-a-label']],
    [{ label: 'a'.repeat(121) }, ['/label too-long']],
    [{ label: '\u202Eabc', down_kbit: 8, up_kbit: 34_359_738 }, []],
    [{ down_kbit: 7, up_kbit: 34_359_739 }, ['/down_kbit not-a-rate', '/up_kbit not-a-rate']],
    [{ down_kbit: 8.5, up_kbit: 'fast' }, ['/down_kbit not-a-rate', '/up_kbit not-a-rate']],
  ])('%j is checked as the server does', (value, issues) => {
    expect(connectionIssues(value).map(({ path, code }) => `${path} ${code}`)).toEqual(issues);
  });

  it('of one rate meets one of the other, since they are sold together', () => {
    const base = { label: 'a', down_kbit: 100, up_kbit: 10 };
    const merge = (schema: typeof form.schema) =>
      merge3(schema, base, { ...base, up_kbit: 20 }, { ...base, down_kbit: 50 });
    expect(merge(form.schema).rows.map(({ name, state: met }) => [name, met])).toEqual([
      ['rates', 'conflict'],
    ]);
    expect(merge(connectionParts('customer').form.schema).rows).toEqual([]);
  });
});
