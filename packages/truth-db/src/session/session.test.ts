import { memoryDatabase, sqliteDatabase } from '../testing/session-world.ts';
import { acquireContract } from './acquire-contract.ts';
import { addressAtOnceContract } from './address-at-once-contract.ts';
import { atOnceContract } from './at-once-contract.ts';
import { endingContract } from './ending-contract.ts';
import { eventContract } from './event-contract.ts';
import { modelContract } from './model-contract.ts';
import { reusedAddressContract } from './reused-address-contract.ts';

acquireContract('SQLite', sqliteDatabase);
eventContract('SQLite', sqliteDatabase);
endingContract('SQLite', sqliteDatabase);
reusedAddressContract('SQLite', sqliteDatabase);
atOnceContract('SQLite', sqliteDatabase);
addressAtOnceContract('SQLite', sqliteDatabase);
modelContract('SQLite', memoryDatabase, 200);
