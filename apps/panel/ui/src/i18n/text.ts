/**
 * What the pages say in one language: texts with their placeholders filled in, plurals, numbers and times. The names of the
 * placeholders are read off the Spanish text by the compiler. Texts of others (labels, names) are no parameters of `t`, where a bidi
 * mark would reach the words around it: `Message` isolates them.
 */
import type { es } from './es.ts';
import type { Language } from './language.ts';
import { type RelativeTime, relativeTime } from './relative-time.ts';
import type { TextKey, Texts } from './texts.ts';

type Placeholders<Value extends string> = Value extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type PlaceholdersOf<Key extends TextKey> = Placeholders<(typeof es)[Key]>;

/** Empty where the text has no placeholders. */
export type TextArguments<Key extends TextKey> = [PlaceholdersOf<Key>] extends [never]
  ? []
  : [parameters: { readonly [Name in PlaceholdersOf<Key>]: string | number }];

/** Keys of texts that are whole as they are. */
export type PlainTextKey = TextKey extends infer Key
  ? Key extends TextKey
    ? [PlaceholdersOf<Key>] extends [never]
      ? Key
      : never
    : never
  : never;

/** The stem of keys that come in plural forms: `sessions.total` of `sessions.total.one` and `sessions.total.other`. */
export type PluralKey = TextKey extends infer Key
  ? Key extends `${infer Stem}.other`
    ? Stem
    : never
  : never;

export interface Text {
  readonly language: Language;
  t<Key extends TextKey>(key: Key, ...parameters: TextArguments<Key>): string;
  /** The form for `count`, which is its `{n}`. */
  plural(stem: PluralKey, count: number): string;
  /** As it is written, with its placeholders. */
  template(key: TextKey): string;
  formatNumber(value: number, options?: Intl.NumberFormatOptions): string;
  /** Date and time, to the second. @param at - ISO 8601 */
  formatTime(at: string | number): string;
  /** "3 minutes ago", "in 2 days". */
  formatRelative(at: string | number, nowMs: number): string;
}

const placeholder = /\{(\w+)\}/g;

export function createText(language: Language, texts: Texts): Text {
  const rules = new Intl.PluralRules(language);
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'long' });
  const numbers = new Intl.NumberFormat(language);
  const show = (value: string | number | undefined) =>
    typeof value === 'number' ? numbers.format(value) : (value ?? '');
  const fill = (text: string, parameters: Readonly<Record<string, string | number>>) =>
    text.replaceAll(placeholder, (_match, name: string) => show(parameters[name]));
  return {
    language,
    t: (key, ...[parameters]) =>
      fill(texts[key], (parameters ?? {}) as Readonly<Record<string, string | number>>),
    plural: (stem, count) => {
      const key = `${stem}.${rules.select(count)}`;
      const chosen = Object.hasOwn(texts, key) ? (key as TextKey) : (`${stem}.other` as TextKey);
      return fill(texts[chosen], { n: count });
    },
    template: (key) => texts[key],
    formatNumber: (value, options) =>
      options === undefined ? numbers.format(value) : new Intl.NumberFormat(language, options).format(value),
    formatTime: (at) => times.format(new Date(at)),
    formatRelative: (at, nowMs) => {
      const { value, unit }: RelativeTime = relativeTime(new Date(at).getTime() - nowMs);
      return relative.format(value, unit);
    },
  };
}

/** @returns the pieces of a text, placeholders as their names, in order */
export function piecesOf(
  template: string,
): readonly ({ readonly text: string } | { readonly name: string })[] {
  return template
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^\{\w+\}$/.test(piece) ? { name: piece.slice(1, -1) } : { text: piece }));
}
