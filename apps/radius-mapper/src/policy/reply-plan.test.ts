/** The attributes of an Access-Accept, and that the RADIUS leg of the policy would send the same. */
import { nasAttributesOf, nasMarkOf } from '@holdfast/gateway-policy';
import { describe, expect, it } from 'vitest';
import { type ReplySettings, type ReplyStanding, replyPlan, sentMark } from './reply-plan.ts';

const token = '068868f2-df71-4a4a-9b6e-70ae0173659a';
const open: ReplyStanding = {
  nasProfile: null,
  holderToken: token,
  isRestricted: false,
  staticIp: null,
  downKbit: null,
  upKbit: null,
};
const settings: ReplySettings = {
  interimMs: 300_000,
  sessionTimeoutMs: undefined,
  restrictedTimeoutMs: undefined,
};
const limited = { downKbit: 10_000, upKbit: 2_000 };
const restricted = { isRestricted: true };

const planned = (standing: Partial<ReplyStanding>, more: Partial<ReplySettings> = {}) =>
  Object.fromEntries(
    replyPlan({ ...open, ...standing }, { ...settings, ...more }).map(({ name, value }) => [name, value]),
  );

const always = { Class: `0x${Buffer.from(token).toString('hex')}`, 'Acct-Interim-Interval': 300 };

describe('the plan of a reply', () => {
  it.each<[Partial<ReplyStanding>, Partial<ReplySettings>, Readonly<Record<string, string | number>>]>([
    [{}, {}, {}],
    [limited, {}, {}],
    [restricted, {}, { 'Filter-Id': 'holdfast-restricted' }],
    [{ staticIp: '198.51.100.7' }, {}, { 'Framed-IP-Address': '198.51.100.7' }],
    [{ staticIp: '2001:db8::7' }, {}, { 'Framed-IPv6-Address': '2001:db8::7' }],
    [{ staticIp: 'x' }, {}, {}],
    [{ nasProfile: 'filter', ...limited }, {}, { 'Filter-Id': 'holdfast-open' }],
    [{ nasProfile: 'filter', ...restricted }, {}, { 'Filter-Id': 'holdfast-restricted' }],
    [
      { nasProfile: 'wispr', ...limited },
      {},
      {
        'Filter-Id': 'holdfast-open',
        'WISPr-Bandwidth-Max-Down': 10_000_000,
        'WISPr-Bandwidth-Max-Up': 2_000_000,
      },
    ],
    [
      { nasProfile: 'mikrotik', ...limited, ...restricted },
      {},
      { 'Filter-Id': 'holdfast-restricted', 'Mikrotik-Rate-Limit': '2000k/10000k' },
    ],
    [{ nasProfile: 'mikrotik' }, {}, { 'Filter-Id': 'holdfast-open', 'Mikrotik-Rate-Limit': '0/0' }],
    [{ nasProfile: 'strongswan', ...restricted }, {}, {}],
    [{}, { sessionTimeoutMs: 3_600_000 }, { 'Session-Timeout': 3_600 }],
    [{}, { restrictedTimeoutMs: 600_000 }, {}],
    [
      restricted,
      { restrictedTimeoutMs: 600_000 },
      { 'Filter-Id': 'holdfast-restricted', 'Session-Timeout': 600 },
    ],
    [restricted, { sessionTimeoutMs: 60_000 }, { 'Filter-Id': 'holdfast-restricted', 'Session-Timeout': 60 }],
    [{}, { interimMs: 60_000 }, { 'Acct-Interim-Interval': 60 }],
  ])('%j with %j says %j', (standing, more, expected) => {
    expect(planned(standing, more)).toEqual({ ...always, ...expected });
  });

  it('has no attribute twice', () => {
    for (const nasProfile of [null, 'filter', 'wispr', 'mikrotik', 'strongswan'] as const) {
      const names = replyPlan(
        { ...open, ...limited, ...restricted, staticIp: '198.51.100.7', nasProfile },
        settings,
      ).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('the mark of what was sent', () => {
  const standing: ReplyStanding = { ...open, ...limited, nasProfile: 'mikrotik' };

  it('is the one that the policy would compare', () => {
    const attributes = nasAttributesOf('mikrotik', { isRestricted: false, ...limited });
    expect(sentMark(standing, true)).toBe(nasMarkOf(attributes));
    expect(planned(standing)).toMatchObject(
      Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
    );
  });

  it('is not needed where there is nothing to compare', () => {
    expect(sentMark({ ...standing, nasProfile: null }, false)).toBeUndefined();
    expect(sentMark({ ...standing, nasProfile: 'strongswan' }, false)).toBeUndefined();
  });

  it('of what a NAS does untold is written only over another', () => {
    const plain = { ...open, nasProfile: 'mikrotik' } as const;
    expect(sentMark(plain, true)).toBeUndefined();
    expect(sentMark(plain, false)).toBe(nasMarkOf(nasAttributesOf('mikrotik', plain)));
  });
});
