/** What is live on the gateways of this machine: whether it can be read, and whether the ground of it is ours. */
import { type KernelLook, lookAtKernel } from '@holdfast/gateway-policy/explain';
import type { GatewayStanding } from '@holdfast/truth-db';
import { type Check, type Finding, ok, skip, unlessFailed, unusable, warn } from '../check.ts';

export const dataplaneCheck: Check = {
  name: 'dataplane',
  describe: 'what is live: readable, built by us, no foreign qdisc in the way',
  needs: ['tools', 'database', 'schema'],
  limitMs: 30_000,
  run: (ground) =>
    unlessFailed(async () => {
      const here = await ground.gatewaysHere();
      if (here.length === 0)
        return [skip('no gateway is known to be on this machine; name it with --gateway')];
      const findings: Finding[] = [];
      for (const gateway of here)
        findings.push(...judge(gateway, await lookAtKernel(ground.place, gateway, 0)));
      return findings;
    }),
};

function judge({ name }: GatewayStanding, look: KernelLook): readonly Finding[] {
  if (look.kind === 'unread')
    return [unusable(`gateway ${name} cannot be read: ${look.because}`, hintFor(look.code))];
  const { nft, tc, upload = { kind: 'missing' }, devices = new Map() } = look.actual;
  const { down = [], leftovers = [] } = look.actual;
  const damage = [nft, tc, upload].flatMap((part) => (part.kind === 'damaged' ? part.because : []));
  const shaped = Array.from(devices).filter(([, foreign]) => foreign !== null);
  const findings = [
    ...shaped.map(([device, foreign]) =>
      warn(
        `gateway ${name}: ${device} is shaped by somebody else (${foreign})`,
        'Whoever put it there has to take it away.',
      ),
    ),
    ...down.map(({ device, isOurs }) =>
      unusable(
        `gateway ${name}: ${device} is down, so nothing passes`,
        isOurs
          ? 'vpn-policy-reconcile sets it up; find who sets it down.'
          : `Whoever owns it has to set it up: ip link set ${device} up.`,
      ),
    ),
    ...leftovers.map(({ device }) =>
      warn(
        `gateway ${name}: ${device} still has what was built before the gateway was changed`,
        'vpn-policy-reconcile takes it away.',
      ),
    ),
    ...(damage.length === 0
      ? []
      : [
          unusable(
            `gateway ${name}: ${damage.join('; ')}`,
            'vpn-policy-reconcile rebuilds it; find who changes it.',
          ),
        ]),
    ...(nft.kind === 'missing' || tc.kind === 'missing'
      ? [warn(`gateway ${name}: nothing of ours is built yet`, 'vpn-policy-apply builds it.')]
      : []),
  ];
  return findings.length > 0 ? findings : [ok(`gateway ${name}: ${look.dataplane}, as we build it`)];
}

function hintFor(code: string | null): string {
  if (code === 'NOT_PERMITTED')
    return 'Run it as root, with CAP_NET_ADMIN, or in a namespace of your own (--netns).';
  if (code === 'DEVICE_MISSING')
    return 'Bring the network device up first, or name another one with --device.';
  return 'vpn-policy-reconcile --check tells more.';
}
