/** `vpn-policy-apply` and `vpn-policy-reconcile` on the real kernel beside nft and tc by hand. */
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { sweepNamespaces } from './bench-namespace.ts';
import { type GatewaySize, measureSize } from './gateway-size.ts';
import { measureOneSession } from './one-session.ts';

const usualSizes: readonly GatewaySize[] = [
  { sessions: 1_000, coldRounds: 3, idleRounds: 7, hasTargets: false },
  { sessions: 10_000, coldRounds: 3, idleRounds: 7, hasTargets: true },
];

/** With them the growth can be drawn (`write-growth-picture.ts`). The last takes half a minute for each cold run. */
const fullSizes: readonly GatewaySize[] = [
  { sessions: 1_000, coldRounds: 3, idleRounds: 7, hasTargets: false },
  { sessions: 5_000, coldRounds: 3, idleRounds: 7, hasTargets: false },
  { sessions: 10_000, coldRounds: 3, idleRounds: 7, hasTargets: true },
  { sessions: 50_000, coldRounds: 3, idleRounds: 5, hasTargets: true },
];

export const applyBench: Bench = {
  name: 'apply',
  describe:
    'cold and no-op runs on the kernel beside nft -f, tc -batch and listing (root; --full: 50 000 sessions)',
  run: async (context) => {
    if (process.geteuid?.() !== 0) {
      return { kind: 'skipped', because: 'network namespaces by name need root' };
    }
    sweepNamespaces();
    const figures: Figure[] = [];
    const sizes = context.isFull ? fullSizes : usualSizes;
    for (const size of sizes) figures.push(...(await measureSize(context, size)));
    const ofOne = sizes.map(({ sessions }) => sessions);
    figures.push(...(await measureOneSession(context, ofOne)));
    return {
      kind: 'measured',
      figures,
      notes: [
        'Through the installed bins, embedded truth, 256 shards on a veth in a namespace of its own; by hand: the same',
        'scripts from files. Listing: nft -j list table, then tc class show of the device, to /dev/null; HTB by HTB: both at',
        'once, and tc class show for each HTB, as a run reads them.',
        'One changed session: another rate and a restriction, by one tc and one nft; by hand: the same two from one shell.',
        'Peak memory: of the command itself, without nft and tc; beside it that of nft as it lists the table.',
      ],
    };
  },
};
