import { describe, expect, it } from 'vitest';
import { ageOf, sessionTable, stateOf } from './session-table.ts';

const nowMs = Date.UTC(2026, 0, 10);
const session = {
  vpnConnectionId: 7,
  userName: 'ana',
  label: null,
  gateway: 'gw1',
  nasIp: '192.0.2.1',
  framedIp: '10.8.0.7',
  framedIpv6: '2001:db8::7',
  ifname: null,
  acctSessionId: 's1',
  acquiredAt: nowMs - 65_000,
  confirmedAt: nowMs - 60_000,
  expiresAt: nowMs + 900_000,
};

describe('the table of sessions', () => {
  it('has a line for each, with ages as durations', () => {
    const [, line] = sessionTable([session], nowMs);
    expect(line?.split(/ {2,}/)).toEqual([
      ...['7', 'ana', 'gw1', '192.0.2.1', '10.8.0.7,2001:db8::7', 's1', 'begun', '1 min 05 s', '15 min 00 s'],
    ]);
  });

  it('keeps its columns whatever the names are', () => {
    const odd = { ...session, userName: 'x'.repeat(300), acctSessionId: 'a\u001b[2Jb' };
    const lines = sessionTable([session, odd], nowMs);
    expect(new Set(lines.map((line) => line.search(/GATEWAY|gw1/))).size).toBe(1);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it.each([
    [900_000, '15 min 00 s'],
    [47 * 3_600_000, '47 h 00 min'],
    [49 * 3_600_000, '2 d 01 h'],
    [-5, '0 ms'],
  ])('tells %d ms as %s', (ms, text) => {
    expect(ageOf(ms)).toBe(text);
  });

  it.each([
    [{ expiresAt: nowMs }, 'over'],
    [{ confirmedAt: null }, 'pending'],
    [{}, 'begun'],
  ] as const)('says of %j: %s', (more, state) => {
    expect(stateOf({ ...session, ...more }, nowMs)).toBe(state);
  });
});
