/** As many random sequences as the table of counts says; the units run a few on every database. */
import { modelContract } from '../../packages/truth-db/src/session/model-contract.ts';
import { memoryDatabase } from '../../packages/truth-db/src/testing/session-world.ts';
import { counts } from '../support/counts.ts';

modelContract('SQLite in memory', memoryDatabase, counts.sessionSequences);
