/** Language and appearance, which belong to the browser and not to whoever is logged in. */
import { type ReactNode, useState } from 'react';
import { SelectField } from '../components/field.tsx';
import { isLanguage, languages } from '../i18n/language.ts';
import { useLanguage } from '../i18n/text-context.tsx';
import { chooseTheme, rememberedTheme, themes } from './theme.ts';

const languageOptions = Object.entries(languages).map(([value, text]) => ({ value, text }));

export function Preferences(): ReactNode {
  const { text, choose } = useLanguage();
  const { t, language } = text;
  const [theme, setTheme] = useState(rememberedTheme);
  const pick = (value: string) => {
    const chosen = themes.find((one) => one === value) ?? 'system';
    setTheme(chosen);
    chooseTheme(chosen);
  };
  return (
    <div className="preferences">
      <SelectField
        label={t('app.language')}
        options={languageOptions}
        value={language}
        onChange={({ target }) => {
          if (isLanguage(target.value)) choose(target.value);
        }}
      />
      <SelectField
        label={t('app.theme')}
        options={themes.map((value) => ({ value, text: t(`app.theme.${value}`) }))}
        value={theme}
        onChange={({ target }) => pick(target.value)}
      />
    </div>
  );
}
