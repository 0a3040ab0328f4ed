/** The language in use, for all components below. */
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { readSetting, writeSetting } from '../data/browser-setting.ts';
import type { Language } from './language.ts';
import { createText, type Text } from './text.ts';
import { loadTexts, type Texts } from './texts.ts';

interface LanguageChoice {
  readonly text: Text;
  readonly choose: (language: Language) => void;
}

const LanguageContext = createContext<LanguageChoice | undefined>(undefined);

/** @returns what the visitor chose here before */
export function rememberedLanguage(): string | undefined {
  return readSetting('language');
}

export function TextProvider({
  initial,
  children,
}: {
  readonly initial: { readonly language: Language; readonly texts: Texts };
  readonly children: ReactNode;
}): ReactNode {
  const [{ language, texts }, setShown] = useState(initial);
  const choose = useCallback((next: Language) => {
    writeSetting('language', next);
    void loadTexts(next).then((loaded) => setShown({ language: next, texts: loaded }));
  }, []);
  const text = useMemo(() => createText(language, texts), [language, texts]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(() => ({ text, choose }), [text, choose]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useText(): Text {
  return useLanguage().text;
}

export function useLanguage(): LanguageChoice {
  const value = use(LanguageContext);
  if (value === undefined) throw new Error('no TextProvider above');
  return value;
}
