/** What is wrong with a gateway row. Device and shards are those of a shared device; per interface they mean nothing. */
import type { GatewayRow } from '@holdfast/truth-db';
import { isShardCount } from './class-id.ts';
import { isDeviceName } from './device-name.ts';
import type { ReportProblem } from './snapshot-problem.ts';

export function reportGatewayProblems(gateway: GatewayRow, report: ReportProblem): void {
  const { layout, device, shards } = gateway;
  if (layout === 'per-interface') return;
  if (layout !== 'shared-device') {
    layout satisfies never;
    report({
      connection: null,
      column: 'layout',
      value: layout,
      problem: 'neither shared-device nor per-interface',
    });
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
