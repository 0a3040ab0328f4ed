/** Whether the NASes of the gateways can be told of what changes: a secret for each gateway that has some, and answers. */
import { lengthOf } from '@holdfast/host/cli';
import { type GatewayStanding, type NasSilence, readNasSnapshot } from '@holdfast/truth-db';
import { type Check, type Finding, ok, skip, unlessFailed, warn } from '../check.ts';
import type { Ground } from '../ground.ts';

export const nasCheck: Check = {
  name: 'nas',
  describe: 'gateways with NAS addresses have a secret, and their NASes answer',
  needs: ['database', 'schema'],
  run: (ground) =>
    unlessFailed(async () => {
      const findings: Finding[] = [];
      for (const gateway of await ground.gateways()) {
        findings.push(...secretFindings(gateway), ...(await silenceFindings(ground, gateway)));
      }
      return findings.length > 0 ? findings : [skip('no gateway has a NAS to be told of anything')];
    }),
};

function secretFindings({
  name,
  nasAddresses,
  hasNasSecret,
  nasProfile,
}: GatewayStanding): readonly Finding[] {
  const { length } = nasAddresses;
  if (length === 0) {
    if (nasProfile === null && !hasNasSecret) return [];
    return [
      warn(`gateway ${name} has a NAS profile or secret and no NAS address`, 'Add gateway_nas_addresses.'),
    ];
  }
  if (hasNasSecret) return [ok(`gateway ${name}: ${length} NAS addresses and a secret`)];
  const found = `gateway ${name} has ${length} NAS addresses and no secret: no session is ever disconnected there`;
  return [warn(found, 'Set coa_secret of the gateway to the secret that its NASes have for RFC 5176.')];
}

async function silenceFindings(ground: Ground, { name }: GatewayStanding): Promise<readonly Finding[]> {
  const at = Date.now();
  const snapshot = await readNasSnapshot(ground.truth(), { gateway: name, at, connections: [] });
  return (snapshot?.silences ?? []).map(({ nasIp, runs, retryAt }: NasSilence) => {
    const next = retryAt > at ? `is asked again in ${lengthOf(retryAt - at)}` : 'is asked by the next run';
    const found = `gateway ${name}: ${nasIp} has not answered in ${runs} runs, ${next}`;
    return warn(found, 'Let its port for RFC 5176 be reached from here, and compare the secrets.');
  });
}
