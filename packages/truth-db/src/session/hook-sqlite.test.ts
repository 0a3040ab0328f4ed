import { memoryDatabase } from '../testing/session-world.ts';
import { hookContract } from './hook-contract.ts';

hookContract('SQLite', memoryDatabase);
