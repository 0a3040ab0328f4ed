/** What is wrong with a gateway row. Only the shared-device layout is known here; any other is refused by name. */
import type { GatewayRow } from '@holdfast/truth-db';
import { isShardCount } from './class-id.ts';
import { isDeviceName } from './device-name.ts';
import type { ReportProblem } from './snapshot-problem.ts';

export function reportGatewayProblems(gateway: GatewayRow, report: ReportProblem): void {
  const { layout, device, shards } = gateway;
  if (layout !== 'shared-device') {
    report({ connection: null, column: 'layout', value: layout, problem: 'only shared-device is supported' });
  }
  if (!isDeviceName(device)) {
    const problem = "a device name has 1 to 15 characters without blanks, quotes, '/', ':', '#' and '\\'";
    report({ connection: null, column: 'device', value: device, problem });
  }
  if (!isShardCount(shards)) {
    report({
      connection: null,
      column: 'shards',
      value: shards,
      problem: 'not a power of two from 1 to 256',
    });
  }
}
