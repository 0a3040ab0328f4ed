import { describe, expect, it } from 'vitest';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { piecesOf } from './text.ts';
import type { TextKey } from './texts.ts';

const languages = { es, en, de };
const keys = Object.keys(es) as TextKey[];

function placeholdersOf(text: string): readonly string[] {
  return piecesOf(text)
    .flatMap((piece) => ('name' in piece ? [piece.name] : []))
    .toSorted();
}

describe.each(Object.entries(languages))('the texts in %s', (_language, texts) => {
  it('have the keys of the others, and no more', () => {
    expect(Object.keys(texts).toSorted()).toEqual(keys.toSorted());
  });

  it('are not empty, and no space hangs on them', () => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '' || text.trim() !== text)).toEqual(
      [],
    );
  });

  it('have the placeholders of the others', () => {
    const differing = keys.filter(
      (key) => placeholdersOf(texts[key]).join() !== placeholdersOf(es[key]).join(),
    );
    expect(differing).toEqual([]);
  });

  it('have no braces but those of placeholders', () => {
    const left = keys.filter((key) => /[{}]/.test(texts[key].replaceAll(/\{\w+\}/g, '')));
    expect(left).toEqual([]);
  });

  it('say in the plural how many where they do in the singular', () => {
    const stems = keys.filter((key) => key.endsWith('.one')).map((key) => key.slice(0, -'.one'.length));
    expect(stems.filter((stem) => !Object.hasOwn(texts, `${stem}.other`))).toEqual([]);
  });
});
