/** The contracts of the API on SQLite. */
import { sqliteFile } from '../../../../packages/mutations/src/testing/engines.ts';
import { auditContract } from '../audit/audit-contract.ts';
import { connectionContract } from '../connections/connection-contract.ts';
import { listContract } from '../connections/list-contract.ts';
import { customerContract } from '../customers/customer-contract.ts';
import { sessionContract } from '../sessions/session-contract.ts';

connectionContract('SQLite', sqliteFile);
listContract('SQLite', sqliteFile);
customerContract('SQLite', sqliteFile);
sessionContract('SQLite', sqliteFile);
auditContract('SQLite', sqliteFile);
