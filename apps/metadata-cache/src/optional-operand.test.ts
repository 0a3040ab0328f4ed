/** The word that may be left out, and settings that cannot be read. */
import { resolveSetting } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { fetchSettings } from './cache-settings.ts';
import { parseWithOptional } from './optional-operand.ts';
import { refreshCommand } from './refresh/refresh-command.ts';
import { sourceOf } from './source/source-of.ts';

const operand = { name: 'source', describe: 'the same as --source' };
const parse = (...words: readonly string[]) => parseWithOptional(refreshCommand, operand, words);

describe('a word that may be left out', () => {
  it('is there, or is not', () => {
    expect(parse('--only', 'zulu')).toMatchObject({ operands: [], flags: { only: 'zulu' } });
    expect(parse('/a/b.json', '--json')).toMatchObject({ operands: ['/a/b.json'], flags: { json: 'true' } });
  });

  it.each([[['a', 'b']], [['--nonsense']], [['a', '--only']]])('does not excuse %j', (words) => {
    expect(() => parse(...words)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('a setting', () => {
  const read = (key: keyof typeof fetchSettings, text: string) =>
    resolveSetting(fetchSettings[key] as (typeof fetchSettings)['lockTimeout'], {
      flags: { [key]: text },
      environment: {},
      file: { path: undefined, values: {} },
    }).value;

  it.each([
    ['30', 30_000],
    ['0.5', 500],
    ['2m', 120_000],
    ['0', 0],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('of the limit of %s is read as %d ms', (text, ms) => {
    expect(read('lockTimeout', text)).toBe(ms);
  });

  it.each([
    ['lockTimeout', 'soon', 'DURATION_INVALID'],
    ['lockTimeout', '-1', 'DURATION_INVALID'],
    ['fetchTimeout', 'infinite', 'USAGE'],
    ['fetchTimeout', '0', 'USAGE'],
    ['foojayUrl', 'ftp://example.net', 'USAGE'],
    ['maxSize', 'huge', 'USAGE'],
  ] as const)('%s of %s is refused', (key, text, code) => {
    expect(() => read(key, text)).toThrow(expect.objectContaining({ code }));
  });

  it('of a source of another kind is refused', () => {
    expect(() => sourceOf('ftp://example.net/x', '')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
