/** Light or dark: as the system has it, or as somebody wants it here. */
import { readSetting, writeSetting } from '../data/browser-setting.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export function rememberedTheme(): Theme {
  const remembered = readSetting('theme');
  return themes.find((theme) => theme === remembered) ?? 'system';
}

export function showTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  writeSetting('theme', theme === 'system' ? undefined : theme);
  showTheme(theme);
}
