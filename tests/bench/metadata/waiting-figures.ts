/** What waiting for the cache lock costs, and how well its limit is met, through the installed command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext } from '../bench.ts';
import { absolute, type Figure } from '../figure.ts';
import { runChild } from '../run-child.ts';
import { spreadOf } from '../spread.ts';
import { installedBin, userEnvironment } from '../workspace.ts';

const windowMs = 10_000;
/** A tenth of a percent of one core. */
const mostCpuMs = windowMs / 1_000;
const limitMs = 1_000;
/** How far from its limit a wait may end. */
const mostDeviationMs = 100;

export interface WaitingPlace {
  readonly stateDir: string;
  /** Words of a refresh that would succeed at once. */
  readonly refresh: readonly [string, ...string[]];
}

export async function waitingFigures(context: BenchContext, place: WaitingPlace): Promise<readonly Figure[]> {
  const { signal, tell } = context;
  await using _holder = await holdLock(place);
  tell(`the CPU time of a wait of ${windowMs} ms`);
  const cpuMs = await cpuOfWaiting(place.refresh, signal);
  tell(`waits of ${limitMs} ms`);
  const deviations: number[] = [];
  for (let round = 0; round < 11; round += 1) {
    const words = [...place.refresh, '--lock-timeout', `${limitMs}ms`, '--json'] as const;
    const { stdout } = await runChild(words as unknown as [string, ...string[]], { signal, accepts: [75] });
    const { error } = JSON.parse(stdout) as {
      readonly error: { readonly details: { readonly waitedMs: number } };
    };
    deviations.push(Math.abs(error.details.waitedMs - limitMs));
  }
  const [worst = 0] = deviations.toSorted((a, b) => b - a);
  return [
    absolute({
      what: `waiting for ${windowMs / 1_000} s`,
      subject: 'CPU time of the command and its helper',
      unit: 'ms',
      value: spreadOf([cpuMs]),
      target: { relation: '≤', limit: mostCpuMs },
    }),
    absolute({
      what: `a limit of ${limitMs / 1_000} s`,
      subject: 'deviation, the worst of 11',
      unit: 'ms',
      value: spreadOf([worst]),
      target: { relation: '≤', limit: mostDeviationMs },
    }),
  ];
}

async function holdLock({ stateDir }: WaitingPlace): Promise<AsyncDisposable> {
  const path = (
    await runChild([installedBin('holdfast'), 'lock', 'path', '--create', 'cache', '--state-dir', stateDir], {
      signal: new AbortController().signal,
    })
  ).stdout.trim();
  const child = spawn('flock', [path, 'sh', '-c', 'echo held; read line'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, 'close');
      child.stdin.end('\n');
      await closed;
    },
  };
}

/** Of a wait that has begun: what its start costs is not part of it. */
async function cpuOfWaiting(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(program, [...args, '--progress', 'plain'], {
    env: userEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  try {
    await once(child.stderr, 'data', { signal });
    await sleep(1_000, undefined, { signal });
    const before = cpuMsOfTree(child.pid ?? 0);
    await sleep(windowMs, undefined, { signal });
    return cpuMsOfTree(child.pid ?? 0) - before;
  } finally {
    child.kill('SIGINT');
    await closed;
  }
}

function cpuMsOfTree(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
  const own = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [ranNs = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
    return sum + Number(ranNs) / 1e6;
  }, 0);
  return children.reduce((sum, child) => sum + cpuMsOfTree(child), own);
}
