/**
 * The file name of a scope: a readable prefix for people, a hash of the whole scope for uniqueness. No scope can escape
 * the directory, exceed a name limit or collide with another on a file system that folds case.
 */
import { HoldfastError } from '@holdfast/base';
import { sha256 } from './sha-256.ts';

const maxScopeBytes = 4_096;
const cache = new Map<string, string>();

/** @throws HoldfastError SCOPE_INVALID - empty, longer than 4096 bytes, or with control characters */
export function lockFileName(scope: string): string {
  const known = cache.get(scope);
  if (known !== undefined) return known;
  const name = deriveName(scope);
  if (cache.size >= 8_192) cache.clear(); // key-scoped locks have unbounded names; the cache must not
  cache.set(scope, name);
  return name;
}

function deriveName(scope: string): string {
  const bytes = Buffer.byteLength(scope);
  if (bytes === 0 || bytes > maxScopeBytes || /\p{Cc}/u.test(scope) || !scope.isWellFormed()) {
    throw new HoldfastError(
      'SCOPE_INVALID',
      `a scope of ${bytes} bytes was refused: ${JSON.stringify(scope.slice(0, 40))}`,
    );
  }
  const prefix = scope
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '');
  const digest = sha256(scope).slice(0, 32);
  return prefix === '' ? `${digest}.lock` : `${prefix}.${digest}.lock`;
}
