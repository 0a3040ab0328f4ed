/** The document of a source, for who only looks: it loads nothing of the lock kit. */
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { CacheDocument } from './cache-document.ts';
import { cacheDirectoryOf, documentNameOf } from './cache-place.ts';

export interface CachedSource {
  readonly stateDirectory: string;
  readonly source: { readonly name: string; readonly location: string };
}

export function openDocument({ stateDirectory, source }: CachedSource): CacheDocument {
  const path = join(cacheDirectoryOf(stateDirectory), documentNameOf(source));
  return new CacheDocument(path, new AtomicWriter());
}
