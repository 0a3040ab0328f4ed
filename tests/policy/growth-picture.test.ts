/** The picture of growth in the documents: every size of the bench, ours beside its peer, and no picture of half a bench. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { growthPicture } from '../bench/apply/growth-picture.ts';
import { absolute, compare, type Figure } from '../bench/figure.ts';
import type { Report } from '../bench/print-report.ts';
import { repository } from '../support/repository.ts';

const sizes = ['1 000', '5 000', '50 000'];

const figuresOf = (size: string, place: number): readonly Figure[] => {
  const pair = (subject: string, peer: string) =>
    new Map([
      [subject, [200 + place]],
      [peer, [100 + place]],
    ]);
  const line = (what: string, subject: string, peer: string): Figure =>
    compare(pair(subject, peer), { what, unit: 'ms', subject, peer });
  const memory = line(`${size} sessions, no-op, peak memory`, 'vpn-policy-reconcile', 'nft -j list table');
  return [
    line(`${size} sessions, cold`, 'vpn-policy-apply', 'tc -batch, nft -f'),
    line(`${size} sessions, no-op`, 'vpn-policy-reconcile', 'listing'),
    line(`${size} sessions, no-op`, 'vpn-policy-apply', 'listing'),
    line(`one changed session of ${size}`, `writeDelta, ${size}`, `by hand, ${size}`),
    absolute({ ...memory, unit: 'MB' }),
  ];
};

const reportOf = (some: readonly string[]): Report => ({
  bench: 'apply',
  machine: { kernel: '6.18', cores: 2 },
  at: '2026-01-02T03:04:05.678Z',
  tookMs: 1,
  result: { kind: 'measured', figures: some.flatMap(figuresOf), notes: [] },
});

const countOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

describe('the picture of growth', () => {
  const picture = growthPicture([reportOf(sizes)]);

  it('has a point of ours and of the peer for every size in every panel', () => {
    expect(countOf(picture, /<circle class="ours"/g)).toBe(4 * sizes.length);
    expect(countOf(picture, /<circle class="peer"/g)).toBe(4 * sizes.length);
    expect(countOf(picture, /<polyline/g)).toBe(8);
    expect(picture).toContain('Cold apply in ms: 1000 sessions 200, peer 100; 5000 sessions 201, peer 101');
    expect(picture).toContain('2026-01-02, kernel 6.18, cores 2');
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('can be read on light and on dark ground', () => {
    expect(picture).toContain('prefers-color-scheme: dark');
    expect(countOf(picture, /\.ground \{ fill: #/g)).toBe(2);
  });

  it('is refused of a bench with one size, or of another bench', () => {
    expect(() => growthPicture([reportOf(sizes.slice(0, 1))])).toThrow('--full');
    expect(() => growthPicture([{ ...reportOf(sizes), bench: 'lock' }])).toThrow('no figures');
  });

  it('in the documents is one of all four figures', () => {
    const drawn = readFileSync(join(repository, 'docs/pictures/apply-growth.svg'), 'utf8');
    expect(countOf(drawn, /<polyline/g)).toBe(8);
    expect(readFileSync(join(repository, 'docs/benchmarks.md'), 'utf8')).toContain(
      '(pictures/apply-growth.svg)',
    );
  });
});
