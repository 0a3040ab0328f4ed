import { describe, expect, it } from 'vitest';
import { de } from './de.ts';
import { es } from './es.ts';
import { chooseLanguage } from './language.ts';
import { relativeTime } from './relative-time.ts';
import { createText, piecesOf } from './text.ts';

const second = 1_000;
const hour = 3_600_000;

describe('a text', () => {
  const text = createText('es', es);

  it('has numbers as the language writes them', () => {
    expect(createText('de', de).t('list.shown', { shown: 1_234, total: 12_345 })).toBe('1.234 von 12.345');
  });

  it('takes a value that looks like a placeholder as it is', () => {
    expect(text.t('state.trace', { id: '{id} $& $1' })).toContain('{id} $& $1');
  });

  it('comes in the form for its count', () => {
    expect(text.plural('drift.count', 1)).toContain('1 diferencia ');
    expect(text.plural('drift.count', 2)).toContain('2 diferencias ');
  });

  it('has the other form where a language has one of its own and the texts do not', () => {
    expect(new Intl.PluralRules('es').select(1_000_000)).toBe('many');
    expect(text.plural('drift.count', 1_000_000)).toContain('diferencias');
  });

  it('is cut at its placeholders, in order', () => {
    expect(piecesOf('{a} and {b}.')).toEqual([
      { name: 'a' },
      { text: ' and ' },
      { name: 'b' },
      { text: '.' },
    ]);
    expect(piecesOf('')).toEqual([]);
  });
});

describe('the language of a visitor', () => {
  it.each([
    ['de', ['en'], 'de'],
    ['xx', ['fr', 'de-AT', 'en'], 'de'],
    [undefined, ['fr'], 'es'],
    ['toString', ['EN-gb'], 'en'],
  ])('with %j chosen and %j in the browser is %s', (chosen, preferred, expected) => {
    expect(chooseLanguage(chosen, preferred)).toBe(expected);
  });
});

describe('a span of time', () => {
  it.each([
    [0, { value: 0, unit: 'second' }],
    [9 * second, { value: 0, unit: 'second' }],
    [-37 * second, { value: -37, unit: 'second' }],
    [-90 * second, { value: -1, unit: 'minute' }],
    [25 * hour, { value: 1, unit: 'day' }],
    [-400 * 24 * hour, { value: -1, unit: 'year' }],
  ])('of %d ms is told in the largest unit that it fills', (ms, expected) => {
    expect(relativeTime(ms)).toEqual(expected);
  });
});
