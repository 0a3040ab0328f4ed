/** When a run of each gateway last succeeded, and how the last one ended here. */
import { readGatewaySide } from '@holdfast/gateway-policy/explain';
import { lengthOf } from '@holdfast/host/cli';
import type { GatewayStanding } from '@holdfast/truth-db';
import { type Check, type Finding, ok, skip, unlessFailed, warn } from '../check.ts';
import type { Ground } from '../ground.ts';

export const runsCheck: Check = {
  name: 'runs',
  describe: 'the last successful run of each gateway is not older than --run-age',
  needs: ['database', 'schema'],
  run: (ground) =>
    unlessFailed(async () => {
      const gateways = await ground.gateways();
      if (gateways.length === 0) return [skip('there is no gateway')];
      const here = new Set((await ground.gatewaysHere()).map(({ name }) => name));
      const findings: Finding[] = gateways.map((gateway) =>
        ageFinding(gateway, ground.settings.runAge.value),
      );
      for (const name of here) findings.push(...(await lastRunFindings(ground, name)));
      return findings;
    }),
};

const reconcileHint = 'Start vpn-policy-reconcile --watch, or its timer, on that gateway.';

function ageFinding({ name, lastRunAt, lastOutcome }: GatewayStanding, limitMs: number): Finding {
  if (lastRunAt === null) return warn(`gateway ${name}: no run has ever succeeded`, reconcileHint);
  const ageMs = Math.max(0, Date.now() - Date.parse(lastRunAt));
  const found = `gateway ${name}: last success ${lengthOf(ageMs)} ago (${lastOutcome})`;
  return ageMs > limitMs ? warn(found, reconcileHint) : ok(found);
}

async function lastRunFindings({ place }: Ground, name: string): Promise<readonly Finding[]> {
  const { runs, warnings } = await readGatewaySide(place, name);
  const unread = warnings.map((warning) =>
    warn(`gateway ${name}: ${warning}`, 'The next run begins a new history.'),
  );
  const error = runs[0]?.error;
  if (error == null) return unread;
  const found = `gateway ${name}: the last run failed: ${error.message} [${error.code}]`;
  return [...unread, warn(found, `docs/errors.md tells what to do about ${error.code}.`)];
}
