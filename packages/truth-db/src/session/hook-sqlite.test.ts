import { memoryDatabase } from '../testing/session-world.ts';
import { hookAdmittedContract } from './hook-admitted-contract.ts';
import { hookContract } from './hook-contract.ts';
import { hookReuseContract } from './hook-reuse-contract.ts';

hookContract('SQLite', memoryDatabase);
hookAdmittedContract('SQLite', memoryDatabase);
hookReuseContract('SQLite', memoryDatabase);
