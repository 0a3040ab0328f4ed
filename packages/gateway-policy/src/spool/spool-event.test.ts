import { describe, expect, test } from 'vitest';
import { parseEvent } from './spool-event.ts';

const whole = {
  v: '1',
  source: 'pppd',
  verb: 'up',
  user: 'ana',
  session: '77.3',
  boot: '17ae5ead-4e70-4926-b697-186a206572d9',
  uptime: '24033.87',
};

describe('an event', () => {
  test('is read with its addresses in canonical form and its boot', () => {
    const text = file({
      ...whole,
      framed_ip: '198.51.100.6',
      framed_ipv6: 'FD00:0::6',
      ifname: 'ppp3',
      part: '6',
    });
    expect(parseEvent(Buffer.from(text))).toMatchObject({
      kind: 'event',
      event: {
        source: 'pppd',
        verb: 'up',
        user: 'ana',
        session: '77.3',
        framedIp: '198.51.100.6',
        framedIpv6: 'fd00::6',
        ifname: 'ppp3',
        part: 6,
        boot: { id: '17ae5ead4e704926b697186a206572d9', uptimeMs: 24_033_870 },
      },
    });
  });

  test('keeps keys that have no meaning yet', () => {
    const parsed = parseEvent(Buffer.from(file({ ...whole, pid: '77', colour: '%C3%A7' })));
    expect(parsed.kind === 'event' && [...parsed.event.other]).toEqual([
      ['pid', '77'],
      ['colour', 'ç'],
    ]);
  });

  test('is without a boot where the hook saw none', () => {
    const { boot: _, uptime: __, ...rest } = whole;
    expect(parseEvent(Buffer.from(file(rest)))).toMatchObject({ kind: 'event', event: { boot: undefined } });
  });

  test('is nobody’s when the name is longer than any name, even if it was cut inside a character', () => {
    const parsed = parseEvent(
      Buffer.from(file({ ...whole, user: `${'a'.repeat(253)}%C3`, truncated: 'user' })),
    );
    expect(parsed).toMatchObject({ kind: 'event', event: { user: undefined } });
  });
});

describe('a file is refused as malformed', () => {
  const cases: readonly (readonly [string, string | Uint8Array])[] = [
    ['when it is empty', ''],
    ['when its last line is not whole', file(whole).slice(0, -1)],
    ['when a line has no key', `${file(whole)}=x\n`],
    ['when a key is there twice', `${file(whole)}user=bob\n`],
    ['when a byte is not encoded', `${file({ ...whole, user: 'a b' })}`],
    ['when a percent sign stands for itself', file({ ...whole, user: '100%' })],
    ['when a value has a NUL', file({ ...whole, user: 'a%00' })],
    ['when a value is not UTF-8', file({ ...whole, user: 'a%FF' })],
    ['when it is of another version', file({ ...whole, v: '2' })],
    ['when it names no user', file({ ...whole, user: '' })],
    ['when it names no session', file({ ...whole, session: '' })],
    ['when its verb is none', file({ ...whole, verb: 'sideways' })],
    ['when its device is none', file({ ...whole, ifname: 'ppp0/../x' })],
    ['when its address is none', file({ ...whole, framed_ip: '198.51.100.600' })],
    ['when its address is nobody’s', file({ ...whole, framed_ip: '0.0.0.0' })],
    ['when its address is of the other family', file({ ...whole, framed_ipv6: '198.51.100.6' })],
    ['when its gateway is none', file({ ...whole, gateway: '../gw' })],
    ['when it is not text', new Uint8Array([0, 255, 10])],
  ];
  test.each(cases)('%s', (_, content) => {
    expect(parseEvent(Buffer.from(content))).toEqual({ kind: 'malformed', because: expect.any(String) });
  });
});

function file(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
