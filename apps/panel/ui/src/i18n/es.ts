/** Spanish: the source of all keys. */
import { editEs } from './edit/es.ts';
import { pagesEs } from './pages/es.ts';
import { shellEs } from './shell/es.ts';

export const es = { ...shellEs, ...pagesEs, ...editEs } as const;
