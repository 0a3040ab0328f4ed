/**
 * A storm of `vpn-policy-apply`: every call brings a trigger and returns when its change is live, and most of them find
 * that a run of another call has done it. On Node and on Bun, beside as many starts of a Node that does nothing.
 */
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import { benchDevice, benchNamespace, sweepNamespaces } from '../apply/bench-namespace.ts';
import { seedSessions } from '../apply/seed-sessions.ts';
import { atWidth } from '../at-width.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { installedBin } from '../workspace.ts';

const calls = 1_000;
const width = 50;
const sessions = 1_000;
const peer = 'node -e 0';
const subjects = { 'vpn-policy-apply': [], 'vpn-policy-apply on Bun': [installedBin('bun')] } as const;
type Subject = keyof typeof subjects;

export const stormBench: Bench = {
  name: 'storm',
  describe: `${calls} vpn-policy-apply, ${width} at a time, beside as many node -e 0 (root)`,
  run: async (context) => {
    if (process.geteuid?.() !== 0)
      return { kind: 'skipped', because: 'network namespaces by name need root' };
    sweepNamespaces();
    return {
      kind: 'measured',
      figures: await measure(context),
      notes: [
        `${sessions} sessions on the kernel, embedded truth. Runs: of the sentence, by those calls that did not join one.`,
      ],
    };
  },
};

async function measure({ signal, isFull, tell }: BenchContext): Promise<readonly Figure[]> {
  using directory = scratchDirectory();
  using namespace = benchNamespace();
  await seedSessions(directory.path, sessions);
  const apply = [installedBin('vpn-policy-apply'), '--json', '--reason', 'ip-up'] as const;
  const place = ['--state-dir', directory.path, '--netns', namespace.name, '--device', benchDevice] as const;
  const argv = (subject: Subject, number: number) =>
    [...subjects[subject], ...apply, ...place, '--connection', String(1 + (number % sessions))] as const;
  await runChild(argv('vpn-policy-apply', 0), { signal });
  const runs = { 'vpn-policy-apply': [], 'vpn-policy-apply on Bun': [] } as Record<Subject, number[]>;
  const names = Object.keys(subjects) as Subject[];
  const values = await inRounds(
    [
      { name: peer, round: () => storm(() => runChild([installedBin('node'), '-e', '0'], { signal })) },
      ...names.map((name) => ({
        name,
        round: async () => {
          let ran = 0;
          const tookMs = await storm(async (number) => {
            const { stdout } = await runChild(argv(name, number), { signal });
            if ((JSON.parse(stdout) as PolicyReport).outcome !== 'joined') ran += 1;
          });
          runs[name].push(ran);
          return tookMs;
        },
      })),
    ],
    { rounds: isFull ? 5 : 2, warmUps: 0, signal, onRound: (round) => tell(`round ${round}`) },
  );
  const what = `${calls} calls, ${width} at a time`;
  return names.flatMap((subject) => [
    compare(values, { what, subject, unit: 'ms', peer, target: { relation: '≤', limit: 2 } }),
    absolute({
      what: `${what}, runs`,
      subject,
      unit: 'times',
      value: spreadOf(runs[subject]),
      target: { relation: '≤', limit: 60 },
    }),
  ]);
}

async function storm(call: (number: number) => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await atWidth(calls, width, call);
  return performance.now() - startMs;
}
