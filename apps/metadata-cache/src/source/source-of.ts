/** The source that a word names: `foojay`, a URL, or a path. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '@holdfast/base';
import type { CatalogueSource } from './catalogue-source.ts';
import { FoojaySource } from './foojay-source.ts';
import { JsonSource } from './json-source.ts';

/** @throws HoldfastError USAGE - a URL of another kind */
export function sourceOf(word: string, foojayUrl: string): CatalogueSource {
  if (word === 'foojay') return new FoojaySource(foojayUrl);
  if (/^https?:\/\//i.test(word)) return new JsonSource(new URL(word).href);
  if (/^file:\/\//i.test(word)) return new JsonSource(fileURLToPath(word));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word))
    throw new HoldfastError(
      'USAGE',
      `${JSON.stringify(word.slice(0, 80))} is no source: foojay, an http or https URL, or a path`,
    );
  return new JsonSource(resolve(word));
}
