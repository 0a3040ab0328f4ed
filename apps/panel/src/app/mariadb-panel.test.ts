/** The contracts of the API on MariaDB, on a private server. */
import { describeOnMariadb } from '../../../../packages/mutations/src/testing/engines.ts';
import { auditContract } from '../audit/audit-contract.ts';
import { connectionContract } from '../connections/connection-contract.ts';
import { listContract } from '../connections/list-contract.ts';
import { customerContract } from '../customers/customer-contract.ts';
import { sessionContract } from '../sessions/session-contract.ts';

describeOnMariadb((make) => {
  connectionContract('MariaDB', make);
  listContract('MariaDB', make);
  customerContract('MariaDB', make);
  sessionContract('MariaDB', make);
  auditContract('MariaDB', make);
});
