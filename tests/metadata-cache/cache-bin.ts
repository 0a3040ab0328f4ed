/** The command of this checkout. */
import { join } from 'node:path';
import { repository } from '../support/repository.ts';

export const cacheBin = join(repository, 'apps/metadata-cache/bin/metadata-cache.js');
