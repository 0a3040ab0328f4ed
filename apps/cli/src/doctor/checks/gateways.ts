/** The rows of the gateways: whether each can be worked with at all. What its sessions say is the business of `truth.ts`. */
import { isIP } from 'node:net';
import { isHoldfastError } from '@holdfast/base';
import { desiredState } from '@holdfast/gateway-policy';
import { type GatewayStanding, isGatewayName } from '@holdfast/truth-db';
import { type Check, invalid, ok, unlessFailed, warn } from '../check.ts';
import { problemWords } from '../problem-words.ts';

export const gatewaysCheck: Check = {
  name: 'gateways',
  describe: 'the rows of the gateways are valid',
  needs: ['database', 'schema'],
  run: (ground) =>
    unlessFailed(async () => {
      const wanted = ground.place.gateway;
      const gateways = await ground.gateways();
      if (gateways.length === 0) {
        return wanted === undefined
          ? [warn('truth has no gateway', 'Add one; holdfast db seed adds a demo.')]
          : [invalid(`truth has no gateway ${wanted}`, 'Correct --gateway, or add its row.')];
      }
      return gateways.map((gateway) => {
        const problems = problemsOf(gateway);
        const { name, layout, device, shards } = gateway;
        const what = layout === 'shared-device' ? `${layout} on ${device}, ${shards} shards` : layout;
        if (problems.length === 0) return ok(`gateway ${name}: ${what}`);
        return invalid(`gateway ${name}: ${problems.join('; ')}`, 'Correct the row in gateways.');
      });
    }),
};

function problemsOf(gateway: GatewayStanding): readonly string[] {
  const { name, nasAddresses } = gateway;
  return [
    ...(isGatewayName(name) ? [] : [`${JSON.stringify(name)} is no name for a gateway`]),
    ...nasAddresses.filter((nas) => isIP(nas) === 0).map((nas) => `${JSON.stringify(nas)} is no NAS address`),
    ...rowProblems(gateway),
  ];
}

/** As a run without sessions finds them. */
function rowProblems(gateway: GatewayStanding): readonly string[] {
  try {
    desiredState({ gateway, newestTrigger: 0, sessions: [] });
    return [];
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID')) throw error;
    return problemWords(error);
  }
}
