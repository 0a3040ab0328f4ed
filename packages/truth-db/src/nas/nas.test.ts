import { sqliteDatabase } from '../testing/session-world.ts';
import { nasContract } from './nas-contract.ts';

nasContract('SQLite', sqliteDatabase);
