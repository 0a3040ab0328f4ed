import type { GatewayRow, SessionRow } from '@holdfast/truth-db';
import { describe, expect, test } from 'vitest';
import { desiredState } from './desired-state.ts';
import type { SnapshotProblem } from './snapshot-problem.ts';
import { digestOf } from './state-digest.ts';

let connections = 0;

function session(fields: Partial<SessionRow> = {}): SessionRow {
  connections += 1;
  return {
    vpnConnectionId: connections,
    framedIp: null,
    framedIpv6: null,
    shapingSlot: null,
    downKbit: null,
    upKbit: null,
    ifname: null,
    restrictedEffective: false,
    status: 'CLAIMED',
    ...fields,
  };
}

function snapshot(sessions: readonly SessionRow[], gateway: Partial<GatewayRow> = {}) {
  const row: GatewayRow = {
    id: 1,
    name: 'gw1',
    layout: 'shared-device',
    device: 'wg0',
    shards: 4,
    ...gateway,
  };
  return { gateway: row, newestTrigger: 0, sessions };
}

function problemsOf(
  sessions: readonly SessionRow[],
  gateway: Partial<GatewayRow> = {},
): readonly SnapshotProblem[] {
  try {
    desiredState(snapshot(sessions, gateway));
  } catch (error) {
    expect(error).toMatchObject({ code: 'TRUTH_INVALID' });
    return (error as { details: { problems: SnapshotProblem[] } }).details.problems;
  }
  return [];
}

const columnsOf = (problems: readonly SnapshotProblem[]) => problems.map(({ column }) => column);

describe('desiredState', () => {
  test('a shaped session has one class for both its addresses', () => {
    const state = desiredState(
      snapshot([
        session({ framedIp: '10.0.0.5', framedIpv6: 'FD00::7', shapingSlot: 65_536 + 31, downKbit: 5_000 }),
      ]),
    );
    expect([...state.classOf]).toEqual([
      ['10.0.0.5', '4:1f'],
      ['fd00::7', '4:1f'],
    ]);
    expect([...state.classes]).toEqual([['4:1f', '5Mbit']]);
    expect(state.restricted.size).toBe(0);
  });

  test('without sharding a class stands under the root', () => {
    const one = session({ framedIp: '10.0.0.5', shapingSlot: 0xffff, downKbit: 5_000 });
    expect([...desiredState(snapshot([one], { shards: 1 })).classes]).toEqual([['1:ffff', '5Mbit']]);
  });

  test('the last of 256 shards fits', () => {
    const one = session({ framedIp: '10.0.0.255', shapingSlot: 255 * 65_536 + 1, downKbit: 1 });
    expect([...desiredState(snapshot([one], { shards: 256 })).classes]).toEqual([['112:1', '1Kbit']]);
  });

  test('a session with IPv6 alone is in the shard of its last byte', () => {
    const one = session({ framedIpv6: 'fd00::abcf', shapingSlot: 3 * 65_536 + 1, downKbit: 1 });
    expect(desiredState(snapshot([one])).classOf.get('fd00::abcf')).toBe('6:1');
  });

  test('an unlimited session, and one without address, have no class', () => {
    const state = desiredState(
      snapshot([session({ framedIp: '10.0.0.5', shapingSlot: 65_536 + 1 }), session({ downKbit: 5_000 })]),
    );
    expect(state.classes.size + state.classOf.size + state.restricted.size).toBe(0);
  });

  test('a restricted session and a disabled connection are restricted, and still shaped', () => {
    const state = desiredState(
      snapshot([
        session({ framedIp: '10.0.0.1', framedIpv6: 'fd00::1', restrictedEffective: true }),
        session({ framedIp: '10.0.0.2', status: 'DISABLED', shapingSlot: 2 * 65_536 + 1, downKbit: 1_000 }),
        session({ framedIp: '10.0.0.3', status: 'PREPROVISIONED' }),
      ]),
    );
    expect([...state.restricted].sort()).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::1']);
    expect(state.classOf.get('10.0.0.2')).toBe('5:1');
  });

  test('the order of the rows does not matter', () => {
    const rows = [1, 2, 3, 4].map((n) =>
      session({ framedIp: `10.0.0.${n}`, shapingSlot: (n % 4) * 65_536 + n, downKbit: 1_000 * n }),
    );
    expect(digestOf(desiredState(snapshot(rows)))).toBe(digestOf(desiredState(snapshot(rows.toReversed()))));
  });

  test('every problem is reported with its connection, column and value', () => {
    const bad = [
      session({ framedIp: '10.0.0.300', framedIpv6: 'fe80::1%wg0' }),
      session({ framedIp: '10.0.0.1', shapingSlot: 65_536 + 1, downKbit: 0 }),
      session({ framedIp: '10.0.0.1' }),
      session({ framedIp: '10.0.0.2', downKbit: 1_000 }),
    ];
    const problems = problemsOf(bad);
    expect(problems.map(({ connection, column, value }) => [connection, column, value])).toEqual([
      [bad[0]?.vpnConnectionId, 'framed_ip', '10.0.0.300'],
      [bad[0]?.vpnConnectionId, 'framed_ipv6', 'fe80::1%wg0'],
      [bad[1]?.vpnConnectionId, 'down_kbit', 0],
      [bad[2]?.vpnConnectionId, 'framed_ip', '10.0.0.1'],
      [bad[3]?.vpnConnectionId, 'shaping_slot', null],
    ]);
  });

  test.each([0, -1, 1.5, Number.NaN, 2e9])('a rate of %d is a problem', (downKbit) => {
    expect(columnsOf(problemsOf([session({ downKbit })]))).toEqual(['down_kbit']);
  });

  test.each([0, 65_536, 4 * 65_536 + 1, -5, 1.5])('a slot of %d is a problem', (shapingSlot) => {
    expect(columnsOf(problemsOf([session({ shapingSlot })]))).toEqual(['shaping_slot']);
  });

  test('a slot in another shard than its address is a problem', () => {
    const one = session({ framedIp: '10.0.0.5', shapingSlot: 2 * 65_536 + 1 });
    expect(columnsOf(problemsOf([one]))).toEqual(['shaping_slot']);
  });

  test('one slot in two sessions is a problem, limited or not', () => {
    const rows = [session({ shapingSlot: 7 }), session({ shapingSlot: 7 })];
    expect(problemsOf(rows)).toMatchObject([
      { connection: rows[1]?.vpnConnectionId, column: 'shaping_slot' },
    ]);
  });

  test('two spellings of one address are duplicates', () => {
    const rows = [session({ framedIpv6: 'fd00::1' }), session({ framedIpv6: 'FD00:0::1' })];
    expect(columnsOf(problemsOf(rows))).toEqual(['framed_ipv6']);
  });

  test('an address of the other family is a problem', () => {
    const rows = [session({ framedIp: 'fd00::1' }), session({ framedIpv6: '10.0.0.1' })];
    expect(columnsOf(problemsOf(rows))).toEqual(['framed_ip', 'framed_ipv6']);
  });

  test.each(['0.0.0.0', '255.255.255.254', '224.0.0.5'])('the address %s is nobody’s', (framedIp) => {
    expect(columnsOf(problemsOf([session({ framedIp })]))).toEqual(['framed_ip']);
  });

  test.each([0, 3, 512, -1, 1.5])('%d shards are a problem', (shards) => {
    expect(columnsOf(problemsOf([], { shards }))).toEqual(['shards']);
  });

  test.each(['', 'a b', 'a/b', 'a\nb', 'sixteen-chars-xx', '..', "w'g", 'w#0', 'wg0\u00e9'])(
    'a device %j is a problem',
    (device) => {
      expect(columnsOf(problemsOf([], { device }))).toEqual(['device']);
    },
  );

  test('an upload limit has a class of its own beside that of the download, for both addresses', () => {
    const one = session({
      framedIp: '10.0.0.5',
      framedIpv6: 'fd00::7',
      shapingSlot: 65_536 + 31,
      downKbit: 5_000,
      upKbit: 1_000,
    });
    const state = desiredState(snapshot([one]));
    expect([...state.classes]).toEqual([
      ['4:1f', '5Mbit'],
      ['4:1f/up', '1Mbit'],
    ]);
    expect([...state.classOf]).toEqual([
      ['10.0.0.5', '4:1f'],
      ['fd00::7', '4:1f'],
      ['10.0.0.5/up', '4:1f/up'],
      ['fd00::7/up', '4:1f/up'],
    ]);
    const onlyUp = desiredState(snapshot([{ ...one, downKbit: null }]));
    expect([...onlyUp.classes.keys(), ...onlyUp.classOf.keys()].every((name) => name.endsWith('/up'))).toBe(
      true,
    );
  });

  test.each([0, -1, 1.5, Number.NaN, 2e9])('an upload rate of %d is a problem', (upKbit) => {
    expect(columnsOf(problemsOf([session({ upKbit })]))).toEqual(['up_kbit']);
  });

  test('an unknown layout is a problem', () => {
    const layout = 'token-ring' as GatewayRow['layout'];
    expect(columnsOf(problemsOf([], { layout }))).toEqual(['layout']);
  });
});

describe('desiredState of a per-interface gateway', () => {
  const perInterface = { layout: 'per-interface', device: '', shards: 0 } as const;
  const stateOf = (...sessions: readonly SessionRow[]) => desiredState(snapshot(sessions, perInterface));

  test('a session shapes its device, restricts its addresses and needs no slot', () => {
    const state = stateOf(
      session({
        framedIp: '10.0.0.5',
        ifname: 'ppp7',
        downKbit: 5_000,
        upKbit: 64,
        restrictedEffective: true,
      }),
    );
    expect([...state.classes]).toEqual([['ppp7', '5Mbit']]);
    expect([...state.classOf]).toEqual([['ppp7/up', '64Kbit']]);
    expect([...state.restricted]).toEqual(['10.0.0.5']);
  });

  test('a session without a device yet is not shaped and no problem', () => {
    const state = stateOf(
      session({ framedIp: '10.0.0.5', downKbit: 5_000 }),
      session({ downKbit: 1, upKbit: 1 }),
    );
    expect(state.classes.size + state.classOf.size).toBe(0);
  });

  test.each(['', 'a b', 'a/b', 'ppp0\nqdisc', 'sixteen-chars-xx', "p'"])(
    'a device %j is a problem',
    (ifname) => {
      expect(columnsOf(problemsOf([session({ ifname, downKbit: 1 })], perInterface))).toEqual(['ifname']);
    },
  );

  test('a device that two sessions name gets the lower limit, in any order', () => {
    const rows = [
      session({ ifname: 'ppp0', downKbit: 5_000, upKbit: 900 }),
      session({ ifname: 'ppp0', downKbit: 999, upKbit: 1_000 }),
    ];
    for (const order of [rows, rows.toReversed()]) {
      expect([...stateOf(...order).classes]).toEqual([['ppp0', '999Kbit']]);
      expect([...stateOf(...order).classOf]).toEqual([['ppp0/up', '900Kbit']]);
    }
  });

  test('slots are nobody’s business', () => {
    const rows = [session({ shapingSlot: 7 }), session({ shapingSlot: 7, ifname: 'ppp0', downKbit: 1_000 })];
    expect(stateOf(...rows).classes.size).toBe(1);
  });
});
