/** A look as a document: counted, sorted, cut. */
import { describe, expect, it } from 'vitest';
import type { ActualState } from '../policy-state.ts';
import { kernelDocument } from './kernel-document.ts';

const intact = { kind: 'intact' } as const;

function documentOf(state: Partial<ActualState>, drift = 0) {
  const actual = { restricted: new Set<string>(), classOf: new Map(), classes: new Map(), ...state };
  const entry = {
    layer: 'nft',
    object: 'restricted 10.0.0.1',
    expected: null,
    actual: 'restricted',
  } as const;
  return kernelDocument('gw1', {
    kind: 'read',
    at: 1_000,
    isWhole: true,
    dataplane: 'kernel',
    actual: { nft: intact, tc: intact, ...actual },
    drift: new Array(drift).fill(entry),
  });
}

describe('the document of a kernel', () => {
  it('names addresses by their numbers, those of IPv6 last', () => {
    const restricted = new Set(['10.0.0.10', 'fd00::1', '10.0.0.9', '9.0.0.1']);
    expect(documentOf({ restricted }).restricted).toEqual(['9.0.0.1', '10.0.0.9', '10.0.0.10', 'fd00::1']);
  });

  it('gives each class of a shared device its addresses, in both directions', () => {
    const { classes, counts } = documentOf({
      classes: new Map([
        ['11:1', '1Mbit'],
        ['2:1f', '2Mbit'],
        ['2:2', '3Mbit'],
        ['2:2/up', '1Mbit'],
      ]),
      classOf: new Map([
        ['fd00::2', '2:2'],
        ['10.0.0.2', '2:2'],
        ['10.0.0.2/up', '2:2/up'],
        ['10.0.0.3', '2:1f'],
      ]),
    });
    expect(classes).toEqual([
      { id: '2:2', rate: '3Mbit', addresses: ['10.0.0.2', 'fd00::2'] },
      { id: '2:2/up', rate: '1Mbit', addresses: ['10.0.0.2'] },
      { id: '2:1f', rate: '2Mbit', addresses: ['10.0.0.3'] },
      { id: '11:1', rate: '1Mbit', addresses: [] },
    ]);
    expect(counts).toEqual({ restricted: 0, shaped: 3, classes: 4 });
  });

  it('counts a device once, and tells its limits in both directions', () => {
    const { classes, counts } = documentOf({
      classes: new Map([
        ['ppp10', '1Mbit'],
        ['ppp9', '2Mbit'],
      ]),
      classOf: new Map([['ppp9/up', '5Mbit']]),
    });
    expect(classes.map(({ id, rate }) => `${id} ${rate}`)).toEqual([
      'ppp9 2Mbit',
      'ppp9/up 5Mbit',
      'ppp10 1Mbit',
    ]);
    expect(counts).toEqual({ restricted: 0, shaped: 2, classes: 3 });
  });

  it('names the first of many, and counts all', () => {
    const restricted = new Set(Array.from({ length: 600 }, (_, host) => `10.0.${host >> 8}.${host & 255}`));
    const document = documentOf({ restricted }, 101);
    expect([document.restricted.length, document.counts.restricted]).toEqual([500, 600]);
    expect([document.drift.length, document.driftTotal]).toEqual([100, 101]);
  });

  it.each([
    ['missing', 'missing' as const],
    ['damaged', 'damaged' as const],
  ])('whose upload is %s says so of tc only when that is wrong', (_what, kind) => {
    const upload = kind === 'damaged' ? { kind, because: ['no tree'] } : { kind };
    expect(documentOf({ upload }).tc).toBe(kind === 'damaged' ? 'damaged' : 'intact');
  });
});
