import { openTruth } from '../index.ts';
import { connectionContract } from './connection-contract.ts';

connectionContract('SQLite in memory', async () => openTruth('sqlite::memory:'), { runs: 200 });
