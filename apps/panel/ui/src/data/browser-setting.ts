/** Small choices that outlive the page, where the browser keeps anything for us: private windows and policies may not. */
type Setting = 'language' | 'theme';

const prefix = 'holdfast:';

export function readSetting(name: Setting): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined;
  } catch {
    // A SecurityError: there is no storage for this page.
    return undefined;
  }
}

/** @param value - undefined forgets the choice */
export function writeSetting(name: Setting, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // No storage, or no room in it: the choice lasts as long as the page.
  }
}
