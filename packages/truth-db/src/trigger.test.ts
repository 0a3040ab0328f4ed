import { sqliteDatabase } from './testing/session-world.ts';
import { triggerOrderContract } from './trigger-order-contract.ts';

triggerOrderContract('SQLite', sqliteDatabase);
