// biome-ignore-all lint/style/noRestrictedGlobals: the test compares with the platform
/** Which values mean the same, kind by kind, and which never do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import type { Field } from '../merge/record-schema.ts';
import type { Json } from '../record/json.ts';
import { isSame } from './canonical.ts';

const fields = {
  text: { kind: 'text' },
  written: { kind: 'text', trim: 'none' },
  long: { kind: 'long-text' },
  number: { kind: 'number' },
  instant: { kind: 'instant' },
  ip: { kind: 'ip' },
  cidr: { kind: 'cidr' },
  interface: { kind: 'interface' },
  mac: { kind: 'mac' },
  email: { kind: 'email' },
  exact: { kind: 'exact' },
  set: { kind: 'set', of: { kind: 'ip' } },
  list: { kind: 'list', key: 'id', item: { at: { kind: 'instant' } } },
} as const satisfies Record<string, Field>;

type Case = readonly [keyof typeof fields, Json, Json];

const same: readonly Case[] = [
  ['text', ' Milk ', 'Milk'],
  ['text', 'caf\u00e9', 'cafe\u0301'],
  ['long', 'a\r\nb', 'a\nb\n'],
  ['number', 10, '10'],
  ['number', '010.50', 10.5],
  ['number', '-0', 0],
  ['instant', '2026-10-22T09:11:03.000Z', '2026-10-22T11:11:03+02:00'],
  ['instant', '2026-10-22 09:11:03', '2026-10-22T09:11:03Z'],
  ['instant', 1_792_660_263_000, '2026-10-22T09:11:03.000Z'],
  ['instant', '2026-03-01T00:30+01:00', '2026-02-28T23:30:00.0Z'],
  ['ip', '2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
  ['ip', '::ffff:1.2.3.4', '::ffff:102:304'],
  ['ip', ' 10.0.0.1', '10.0.0.1'],
  ['cidr', '10.0.0.77/24', '10.0.0.0/24'],
  ['cidr', '10.0.0.1', '10.0.0.1/32'],
  ['cidr', 'fd00::1/64', 'fd00::/64'],
  ['interface', 'FD00::1/64', 'fd00::1/64'],
  ['mac', 'AA-BB-CC-00-11-22', 'aabb.cc00.1122'],
  ['email', ' Ana@Example.COM', 'ana@example.com'],
  ['exact', { a: 1, b: [null] }, { b: [null], a: 1 }],
  ['set', ['10.0.0.1', 'fd00::1'], ['fd00:0::1', '10.0.0.1', '10.0.0.1']],
  ['list', [{ id: 1, at: '2026-10-22T09:00Z' }], [{ at: '2026-10-22T10:00+01:00', id: 1 }]],
];

const different: readonly Case[] = [
  ['written', ' Milk', 'Milk'],
  ['number', '9007199254740993', '9007199254740992'],
  ['number', '', 0],
  ['number', '0x10', 16],
  ['number', '1.5', '15'],
  ['instant', '2026-10-22T09:11:03.0001Z', '2026-10-22T09:11:03.000Z'],
  ['instant', '2026-10-22', '2026-10-22T00:00:00Z'],
  ['instant', '2026-02-30T00:00:00Z', '2026-03-02T00:00:00Z'],
  ['ip', '010.0.0.1', '10.0.0.1'],
  ['ip', '1.2.3.4', '::ffff:1.2.3.4'],
  ['ip', '1.2.3.4::', '102:304::'],
  ['ip', 'fe80::1%eth0', 'fe80::1'],
  ['cidr', '10.0.0.0/24', '10.0.0.0/25'],
  ['interface', '10.0.0.1/24', '10.0.0.2/24'],
  ['mac', 'aa:bb:cc:00:11-22', 'aabbcc001122'],
  ['set', ['10.0.0.1'], []],
  ['set', [], null],
  ['list', [{ id: 1 }, { id: 2 }], [{ id: 2 }, { id: 1 }]],
];

const empty: readonly Json[] = [null, false, 0, '', [], {}];

describe('isSame', () => {
  it.each(same)('%s: %j and %j are the same', (name, one, other) => {
    expect([isSame(fields[name], one, other), isSame(fields[name], other, one)]).toEqual([true, true]);
  });

  it.each(different)('%s: %j and %j are not', (name, one, other) => {
    expect([isSame(fields[name], one, other), isSame(fields[name], other, one)]).toEqual([false, false]);
  });

  it.each(Object.keys(fields) as (keyof typeof fields)[])('%s: nothing that is empty is another', (name) => {
    const values = [...empty, undefined];
    const pairs = values.flatMap((one, index) =>
      values.slice(index + 1).map((other) => [one, other] as const),
    );
    expect(pairs.filter(([one, other]) => isSame(fields[name], one, other))).toEqual([]);
  });

  it('reads instants as the platform does', () => {
    const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        const zone = `${offset < 0 ? '-' : '+'}${clock(Math.abs(offset))}`;
        const local = new Date(date.getTime() + offset * 60_000).toISOString().replace('Z', zone);
        expect([local, isSame(fields.instant, local, date.toISOString())]).toEqual([local, true]);
        expect(isSame(fields.instant, local, date.getTime())).toBe(true);
        expect(isSame(fields.instant, local, date.getTime() + 1)).toBe(false);
      }),
      { numRuns: randomRuns(100) },
    );
  });
});

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
