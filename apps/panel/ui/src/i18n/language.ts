/** The languages of the pages, and which one a visitor gets: the chosen one, else the first of the browser's that there is. */
export const languages = { es: 'Español', en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(languages, value);
}

/** @param preferred - tags of BCP 47, the dearest first, as `navigator.languages` */
export function chooseLanguage(chosen: string | undefined, preferred: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return preferred.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'es';
}
