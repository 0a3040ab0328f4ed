/** All texts of one language. Spanish is the source of the keys: a language that lacks one does not compile. */
import type { es } from './es.ts';
import type { Language } from './language.ts';

export type TextKey = keyof typeof es;
export type Texts = { readonly [Key in TextKey]: string };

/** Each language is a file of its own, so that nobody loads three. */
export async function loadTexts(language: Language): Promise<Texts> {
  switch (language) {
    case 'es':
      return (await import('./es.ts')).es;
    case 'en':
      return (await import('./en.ts')).en;
    case 'de':
      return (await import('./de.ts')).de;
    default:
      return language satisfies never;
  }
}
