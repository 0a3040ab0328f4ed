/** Every check, in the order in which they run: what others stand on comes first. A new check is a file and a line here. */
import type { Check } from './check.ts';
import { clockCheck } from './checks/clock.ts';
import { daemonCheck } from './checks/daemon.ts';
import { databaseCheck } from './checks/database.ts';
import { dataplaneCheck } from './checks/dataplane.ts';
import { gatewaysCheck } from './checks/gateways.ts';
import { kernelCheck } from './checks/kernel.ts';
import { leftoversCheck } from './checks/leftovers.ts';
import { locksCheck } from './checks/locks.ts';
import { nasCheck } from './checks/nas.ts';
import { permissionsCheck } from './checks/permissions.ts';
import { runsCheck } from './checks/runs.ts';
import { runtimeCheck } from './checks/runtime.ts';
import { schemaCheck } from './checks/schema.ts';
import { spoolCheck } from './checks/spool.ts';
import { stateDirectoryCheck } from './checks/state-directory.ts';
import { toolsCheck } from './checks/tools.ts';
import { triggersCheck } from './checks/triggers.ts';
import { truthCheck } from './checks/truth.ts';

export const checkTable: readonly Check[] = [
  runtimeCheck,
  stateDirectoryCheck,
  locksCheck,
  databaseCheck,
  schemaCheck,
  gatewaysCheck,
  truthCheck,
  toolsCheck,
  permissionsCheck,
  kernelCheck,
  dataplaneCheck,
  triggersCheck,
  runsCheck,
  daemonCheck,
  spoolCheck,
  leftoversCheck,
  nasCheck,
  clockCheck,
];
