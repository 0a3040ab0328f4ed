/** How long the commands take to start, beside a Node that does nothing. */
import { join } from 'node:path';
import { migrate, openTruth, seedDemo } from '@holdfast/truth-db';
import type { Bench, BenchContext } from '../bench.ts';
import { compare } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { installedBin } from '../workspace.ts';

const peer = 'node -e 0';

export const startBench: Bench = {
  name: 'start',
  describe: 'vpn-policy-apply --version, --help and a run that changes nothing, beside node -e 0',
  run: async (context) => {
    const { signal, isFull } = context;
    using directory = scratchDirectory();
    const stateDir = directory.path;
    await seed(stateDir);
    const bin = installedBin('vpn-policy-apply');
    const noop = [bin, '--dataplane', 'recorded', '--state-dir', stateDir] as const;
    await runChild(noop, { signal });
    const start = (name: string, argv: readonly [string, ...string[]]) => ({
      name,
      round: async () => (await runChild(argv, { signal })).tookMs,
    });
    const values = await inRounds(
      [
        start(peer, [installedBin('node'), '-e', '0']),
        start('--version', [bin, '--version']),
        start('--help', [bin, '--help']),
        start('no-op apply', noop),
      ],
      { rounds: isFull ? 101 : 41, signal, onRound: everyTenth(context) },
    );
    const common = { what: 'start to exit', unit: 'ms', peer } as const;
    return {
      kind: 'measured',
      figures: [
        compare(values, { ...common, subject: '--version', target: { relation: '≤', limit: 1.5 } }),
        compare(values, { ...common, subject: '--help' }),
        compare(values, { ...common, subject: 'no-op apply' }),
      ],
      notes: [
        'vpn-policy-apply through its installed bin; no-op apply: recorded dataplane, embedded truth, demo data.',
      ],
    };
  },
};

async function seed(stateDir: string): Promise<void> {
  await using truth = openTruth(`sqlite:${join(stateDir, 'truth.sqlite')}`);
  await migrate(truth);
  await seedDemo(truth, { gateway: 'gw1', device: 'bench0', now: Date.now() });
}

function everyTenth({ tell }: BenchContext): (round: number) => void {
  return (round) => {
    if (round % 10 === 0) tell(`round ${round}`);
  };
}
