/**
 * How long an apply waits for the lock while a reconcile builds a whole gateway: the reconcile gives way between two parts
 * of its work, and the apply writes its own session only.
 */
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import { benchDevice, benchNamespace, sweepNamespaces } from '../apply/bench-namespace.ts';
import { seedSessions } from '../apply/seed-sessions.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, type Figure } from '../figure.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { installedBin } from '../workspace.ts';

/** Wait that only one apply of a hundred may exceed, in milliseconds. */
const limitMs = 1_000;

export const waitBench: Bench = {
  name: 'wait',
  describe:
    'waits of vpn-policy-apply while vpn-policy-reconcile builds a gateway (root; --full: 50 000 sessions)',
  run: async (context) => {
    if (process.geteuid?.() !== 0)
      return { kind: 'skipped', because: 'network namespaces by name need root' };
    sweepNamespaces();
    const sizes = context.isFull ? [10_000, 50_000] : [10_000];
    const figures: Figure[] = [];
    for (const sessions of sizes) figures.push(...(await measure(context, sessions)));
    return {
      kind: 'measured',
      figures,
      notes: [
        'One apply after the other, each for one connection, from the start of a cold reconcile to its end. Wait: as their',
        'reports say; whole: from the start of the command to its exit.',
      ],
    };
  },
};

async function measure({ signal, tell }: BenchContext, sessions: number): Promise<readonly Figure[]> {
  using directory = scratchDirectory();
  using namespace = benchNamespace();
  tell(`${sessions} sessions: filling truth`);
  await seedSessions(directory.path, sessions);
  const place = [
    '--state-dir',
    directory.path,
    '--netns',
    namespace.name,
    '--device',
    benchDevice,
    '--json',
  ] as const;
  tell(`${sessions} sessions: reconcile`);
  let isOver = false;
  const reconcile = [
    installedBin('vpn-policy-reconcile'),
    '--once',
    '--lock-timeout',
    '5m',
    ...place,
  ] as const;
  const reconciled = runChild(reconcile, { signal }).finally(() => {
    isOver = true;
  });
  const waits: number[] = [];
  const whole: number[] = [];
  for (let number = 1; !isOver; number += 1) {
    const connection = String(1 + ((number * 7_919) % sessions));
    const apply = [
      installedBin('vpn-policy-apply'),
      '--reason',
      'ip-up',
      '--connection',
      connection,
      ...place,
    ] as const;
    const { stdout, tookMs } = await runChild(apply, { signal });
    if (isOver) break;
    waits.push((JSON.parse(stdout) as PolicyReport).waitedMs);
    whole.push(tookMs);
  }
  const { tookMs: reconcileMs, stdout } = await reconciled;
  const { yields } = JSON.parse(stdout) as PolicyReport;
  tell(`${sessions} sessions: ${waits.length} applies, ${yields} yields in ${Math.round(reconcileMs)} ms`);
  const what = `${sessions.toLocaleString('en').replaceAll(',', ' ')} sessions, cold reconcile`;
  const figure = (subject: string, values: readonly number[]) => ({
    what,
    subject,
    unit: 'ms' as const,
    value: spreadOf(values),
  });
  return [
    absolute({ ...figure('apply, wait', waits) }),
    absolute({
      ...figure('apply, wait, 99 of 100', [percentile(waits, 0.99)]),
      target: { relation: '≤', limit: limitMs },
    }),
    absolute({ ...figure('apply, whole', whole) }),
    absolute({ ...figure('reconcile, whole', [reconcileMs]) }),
  ];
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
