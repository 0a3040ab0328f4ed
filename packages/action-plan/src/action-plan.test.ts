/** A plan comes of a verdict to act, and of no other. */
import { describe, expect, it } from 'vitest';
import { planOf } from './action-plan.ts';

const reason = { kind: 'ip-up', scope: 'policy:gw1', subject: '7' } as const;
const options = { mode: 'apply', waitMs: 30_000, priority: 'interactive' } as const;

describe('planOf', () => {
  it('keeps scope, order of actions and options of a verdict to act', () => {
    expect(planOf(reason, { kind: 'act', actions: ['a', 'b'], because: 'due' }, options)).toEqual({
      reason,
      scope: 'policy:gw1',
      actions: ['a', 'b'],
      ...options,
    });
  });

  it('plans nothing for a verdict to keep or refuse', () => {
    expect(planOf(reason, { kind: 'keep', because: 'fresh' }, options)).toBeUndefined();
    expect(planOf(reason, { kind: 'refuse', because: 'suspended' }, options)).toBeUndefined();
  });
});
