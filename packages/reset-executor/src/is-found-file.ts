/** Whether a value from JSON says what was found at a path. */
import type { FoundFile } from './found-file.ts';

export function isFoundFile(found: FoundFile): boolean {
  switch (found?.kind) {
    case 'absent':
      return true;
    case 'file':
      return Number.isSafeInteger(found.sizeBytes) && /^[0-9a-f]{64}$/.test(found.sha256);
    case 'unreadable':
      return Number.isSafeInteger(found.sizeBytes) && typeof found.inode === 'string';
    default:
      return false;
  }
}
