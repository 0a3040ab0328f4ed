/** What truth says of the sessions of each gateway: whether a run can use it. Every problem is listed. */
import { isHoldfastError } from '@holdfast/base';
import { capacityForecast, capacityWarnings, desiredState } from '@holdfast/gateway-policy';
import { readGatewaySnapshot } from '@holdfast/truth-db';
import { slotsText } from '../../slots-text.ts';
import { type Check, type Finding, invalid, ok, skip, unlessFailed, warn } from '../check.ts';
import type { Ground } from '../ground.ts';
import { problemWords } from '../problem-words.ts';

export const truthCheck: Check = {
  name: 'truth',
  describe: 'the sessions of each gateway can be turned into kernel state',
  needs: ['database', 'schema'],
  limitMs: 30_000,
  run: (ground) =>
    unlessFailed(async () => {
      const findings: Finding[] = [];
      for (const { name } of await ground.gateways()) findings.push(...(await judge(ground, name)));
      return findings.length > 0 ? findings : [skip('there is no gateway')];
    }),
};

async function judge(ground: Ground, name: string): Promise<readonly Finding[]> {
  const snapshot = await readGatewaySnapshot(ground.truth(), name, Date.now());
  if (snapshot === undefined) return [skip(`gateway ${name} is gone`)];
  try {
    const state = desiredState(snapshot);
    const { gateway, sessions } = snapshot;
    const capacity = capacityForecast(gateway, state, sessions);
    const amounts = `${sessions.length} sessions, ${state.restricted.size} restricted addresses, ${state.classes.size} limits`;
    const hint =
      'Spread the sessions over more gateways, or raise the number of shards (it rebuilds the tree).';
    return [
      ok(`gateway ${name}: ${amounts}; ${slotsText(capacity)}`),
      ...capacityWarnings(capacity, gateway).map((warning) => warn(`gateway ${name}: ${warning}`, hint)),
    ];
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID')) throw error;
    const hint = 'Correct the row; until then no run of this gateway changes anything.';
    return problemWords(error).map((words) => invalid(`gateway ${name}: ${words}`, hint));
  }
}
