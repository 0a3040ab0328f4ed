/** Whether somebody applies what is asked for: a trigger that nobody has covered for minutes says that nobody does. */
import { lengthOf } from '@holdfast/host/cli';
import type { GatewayStanding } from '@holdfast/truth-db';
import { type Check, type Finding, ok, skip, unlessFailed, unusable } from '../check.ts';

export const triggersCheck: Check = {
  name: 'triggers',
  describe: 'no trigger waits for longer than --trigger-age',
  needs: ['database', 'schema'],
  run: (ground) =>
    unlessFailed(async () => {
      const gateways = await ground.gateways();
      if (gateways.length === 0) return [skip('there is no gateway')];
      const limitMs = ground.settings.triggerAge.value;
      return gateways.map((gateway) => judge(gateway, limitMs));
    }),
};

function judge({ name, covered, waiting, oldestWaitingAt }: GatewayStanding, limitMs: number): Finding {
  const ageMs = oldestWaitingAt === null ? 0 : Math.max(0, Date.now() - Date.parse(oldestWaitingAt));
  if (waiting === 0) return ok(`gateway ${name}: triggers up to ${covered} are live, none waits`);
  const found = `gateway ${name}: ${waiting} triggers wait, the oldest for ${lengthOf(ageMs)}`;
  if (ageMs <= limitMs) return ok(found);
  return unusable(
    found,
    `Nobody applies them: look at vpn-policy-reconcile on ${name}, or run vpn-policy-apply there.`,
  );
}
