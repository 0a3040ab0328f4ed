/** What is refused, as the failure that tells why: a cold start is no empty list. */
import { HoldfastError } from '@holdfast/base';
import type { CacheLook } from './cache-document.ts';

export function refusalOf(look: CacheLook, source: string, because: string): HoldfastError {
  switch (look.state) {
    case 'absent':
      return new HoldfastError('CACHE_MISSING', `no catalogue of ${source} has been fetched yet`, {
        details: { source },
      });
    case 'whole':
      return new HoldfastError('REFUSED', because, { details: { source } });
    default:
      return look.error;
  }
}
