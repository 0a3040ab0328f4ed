/** German. */
import { editDe } from './edit/de.ts';
import { pagesDe } from './pages/de.ts';
import { shellDe } from './shell/de.ts';
import type { Texts } from './texts.ts';

export const de: Texts = { ...shellDe, ...pagesDe, ...editDe };
