import { randomRuns } from '../../../tests/support/random-runs.ts';
import { conflictContract } from './conflict-contract.ts';
import { panelContract } from './kinds/panel-contract.ts';
import { lifetimeContract } from './lifetime-contract.ts';
import { modelContract } from './model-contract.ts';
import { mutationContract } from './mutation-contract.ts';
import { sweepContract } from './receipt/sweep-contract.ts';
import { refusalContract } from './refusal-contract.ts';
import { sqliteMemory } from './testing/engines.ts';

mutationContract('SQLite', sqliteMemory);
lifetimeContract('SQLite', sqliteMemory);
refusalContract('SQLite', sqliteMemory);
conflictContract('SQLite', sqliteMemory, randomRuns(60));
modelContract('SQLite', sqliteMemory, randomRuns(60));
sweepContract('SQLite', sqliteMemory);
panelContract('SQLite', sqliteMemory);
