/** What truth says of the sessions of each gateway: whether a run can use it. Every problem is listed. */
import { isHoldfastError } from '@holdfast/base';
import { desiredState } from '@holdfast/gateway-policy';
import { readGatewaySnapshot } from '@holdfast/truth-db';
import { type Check, type Finding, invalid, ok, skip, unlessFailed } from '../check.ts';
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
    const { restricted, classes } = desiredState(snapshot);
    const { length } = snapshot.sessions;
    return [
      ok(
        `gateway ${name}: ${length} sessions, ${restricted.size} restricted addresses, ${classes.size} limits`,
      ),
    ];
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID')) throw error;
    const hint = 'Correct the row; until then no run of this gateway changes anything.';
    return problemWords(error).map((words) => invalid(`gateway ${name}: ${words}`, hint));
  }
}
