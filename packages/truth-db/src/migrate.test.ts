import { openTruth } from './index.ts';
import { migrationContract } from './migration-contract.ts';

migrationContract('SQLite in memory', async () => openTruth('sqlite::memory:'));
