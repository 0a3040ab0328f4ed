import { describe, expect, it } from 'vitest';
import { queryKeys } from './query-keys.ts';
import { staleKeys } from './stale-keys.ts';

const by = { id: 'a1', name: 'Ana' };
const change = (kind: string) =>
  staleKeys({ type: 'change', kind, id: '17', version: 2, isDeletion: false, by });

/** As TanStack Query matches them. */
function isStale(stale: readonly (readonly string[])[], key: readonly unknown[]): boolean {
  return stale.some((start) => start.every((part, at) => key[at] === part));
}

describe('an event', () => {
  it('of a connection makes it, its history and the lists old, and no other connection', () => {
    const stale = change('vpn_connection');
    for (const key of [
      queryKeys.connection('17'),
      queryKeys.connectionHistory('17'),
      queryKeys.connections({ search: 'a' }),
      queryKeys.audit({}),
    ])
      expect(isStale(stale, key)).toBe(true);
    expect(isStale(stale, queryKeys.connection('18'))).toBe(false);
    expect(isStale(stale, queryKeys.gateways())).toBe(false);
  });

  it('of a customer makes connections old, which show the address', () => {
    const stale = change('customer');
    expect(isStale(stale, queryKeys.customer('17'))).toBe(true);
    expect(isStale(stale, queryKeys.customer('18'))).toBe(false);
    expect(isStale(stale, queryKeys.connection('3'))).toBe(true);
  });

  it('of a kind that nobody knows makes the log old', () => {
    expect(change('task')).toEqual([['audit']]);
  });

  it('of sessions makes what shows them old', () => {
    const stale = staleKeys({ type: 'sessions' });
    expect(isStale(stale, queryKeys.sessions({}))).toBe(true);
    expect(isStale(stale, queryKeys.connection('17'))).toBe(true);
    expect(isStale(stale, queryKeys.customers({}))).toBe(false);
  });

  it('of a gateway makes no other gateway old', () => {
    const stale = staleKeys({ type: 'gateway', name: 'gw1' });
    expect(isStale(stale, queryKeys.gateway('gw1'))).toBe(true);
    expect(isStale(stale, queryKeys.gateway('gw2'))).toBe(false);
  });

  it('that says hello makes everything old but the kernel, which is asked for anyway', () => {
    const stale = staleKeys({ type: 'hello' });
    const kept = Object.values(queryKeys)
      .map((key) => (key as (of: unknown) => readonly unknown[])('x'))
      .filter((key) => !isStale(stale, key));
    expect(kept).toEqual([queryKeys.kernel('x')]);
  });
});
