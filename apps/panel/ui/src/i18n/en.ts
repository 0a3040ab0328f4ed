/** English. */
import { editEn } from './edit/en.ts';
import { pagesEn } from './pages/en.ts';
import { shellEn } from './shell/en.ts';
import type { Texts } from './texts.ts';

export const en: Texts = { ...shellEn, ...pagesEn, ...editEn };
