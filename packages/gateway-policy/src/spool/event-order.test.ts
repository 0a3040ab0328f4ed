import { expect, test } from 'vitest';
import { inOrder } from './event-order.ts';
import type { SpoolEvent } from './spool-event.ts';

test('events of one boot are in the order of its clock, whatever the wall clock said', () => {
  expect(names([timed('b', 'x', 20, 1), timed('a', 'x', 10, 9)])).toEqual(['a', 'b']);
});

test('events of an earlier boot come first', () => {
  expect(names([timed('new', 'y', 1, 9), timed('old', 'x', 900, 5)])).toEqual(['old', 'new']);
});

test('events of one moment are in the order of their files, then up before change before down', () => {
  const events = [
    timed('d', 'x', 1, 5, 'down'),
    timed('c', 'x', 1, 5, 'change'),
    timed('u', 'x', 1, 5),
    timed('first', 'x', 1, 4, 'down'),
  ];
  expect(names(events)).toEqual(['first', 'u', 'c', 'd']);
});

function timed(
  name: string,
  boot: string,
  uptimeMs: number,
  written: number,
  verb: SpoolEvent['verb'] = 'up',
) {
  const event: SpoolEvent = {
    source: 'pppd',
    verb,
    user: 'ana',
    session: '1',
    ifname: undefined,
    framedIp: undefined,
    framedIpv6: undefined,
    caller: undefined,
    part: undefined,
    gateway: undefined,
    boot: { id: boot, uptimeMs },
    other: new Map(),
  };
  return { name, writtenNs: BigInt(written), event };
}

function names(events: readonly ReturnType<typeof timed>[]): readonly string[] {
  return inOrder(events).map(({ name }) => name);
}
