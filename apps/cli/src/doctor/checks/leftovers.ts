/** What killed runs and writers have left. All of it is put in order by the next run; that there is no next run is the news. */
import {
  gatewaysWithRuns,
  readGatewayLeftovers,
  readGatewaySide,
  readOrphans,
} from '@holdfast/gateway-policy/explain';
import { type Check, type Finding, ok, unlessFailed, warn } from '../check.ts';
import type { Ground } from '../ground.ts';

export const leftoversCheck: Check = {
  name: 'leftovers',
  describe: 'no intent, damaged document or temporary file of a killed process',
  run: (ground) =>
    unlessFailed(async () => {
      const findings: Finding[] = [];
      for (const name of await gatewaysWithRuns(ground.stateDir))
        findings.push(...(await gatewayFindings(ground, name)));
      const { dead, outOfSight } = await readOrphans(ground.stateDir);
      if (dead.length > 0) {
        findings.push(
          warn(`temporary files of killed writers: ${dead.join(', ')}`, 'The next run removes them.'),
        );
      }
      if (outOfSight.length > 0) {
        const found = `temporary files of writers that cannot be seen from here: ${outOfSight.join(', ')}`;
        findings.push(warn(found, 'Remove them if no other container or machine is at work there.'));
      }
      return findings.length > 0 ? findings : [ok('nothing was left by a killed process')];
    }),
};

const rollForward = 'vpn-policy-apply rolls it forward: it reads everything again and converges.';

async function gatewayFindings({ stateDir, place }: Ground, name: string): Promise<readonly Finding[]> {
  const { intent, isHistoryDamaged } = await readGatewayLeftovers(stateDir, name);
  const { lock } = await readGatewaySide(place, name);
  const isAtWork = lock.holder !== undefined;
  return [
    ...(intent === 'damaged' ? [warn(`gateway ${name}: the intent of a run is damaged`, rollForward)] : []),
    // A run that has the lock has its intent open.
    ...(intent === 'open' && !isAtWork
      ? [warn(`gateway ${name}: a run died while it wrote`, rollForward)]
      : []),
    ...(isHistoryDamaged
      ? [
          warn(
            `gateway ${name}: the run history is damaged`,
            'The next run moves it aside and begins a new one.',
          ),
        ]
      : []),
  ];
}
