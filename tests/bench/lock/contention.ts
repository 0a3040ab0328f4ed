/** One round of contention: starts the contenders, lets them go at once, collects what each got. */
import { fileURLToPath } from 'node:url';
import { scratchDirectory } from '../scratch-directory.ts';
import { askTeam } from '../team.ts';
import type { ContenderResult } from './contender.ts';
import type { ServerKind } from './server-kind.ts';

export type ContenderKind = 'holdfast' | 'flock(2)' | 'flock(1)' | 'proper-lockfile' | ServerKind;

export interface ContentionOptions {
  readonly kind: ContenderKind;
  readonly processes: number;
  readonly holdMicros: number;
  readonly windowMs: number;
  /** Where the server of a `ServerKind` listens. */
  readonly socketPath?: string;
  readonly signal: AbortSignal;
}

export interface ContentionResult {
  /** Grants of all processes together. */
  readonly perSecond: number;
  /** How many times as often the luckiest process got the lock as the unluckiest. */
  readonly mostToLeast: number;
  /** Longest wait of any process, in milliseconds. */
  readonly longestWaitMs: number;
}

const script = fileURLToPath(new URL('./contender.ts', import.meta.url));

export async function contention(options: ContentionOptions): Promise<ContentionResult> {
  const { kind, processes, holdMicros, windowMs, socketPath = '', signal } = options;
  using directory = scratchDirectory();
  const args = [script, kind, directory.path, String(holdMicros), String(windowMs), socketPath];
  const lines = await askTeam(
    Array.from({ length: processes }, () => args),
    signal,
  );
  return summary(
    lines.map((line) => JSON.parse(line) as ContenderResult),
    windowMs,
  );
}

function summary(results: readonly ContenderResult[], windowMs: number): ContentionResult {
  const served = results.map((result) => result.served);
  return {
    perSecond: (served.reduce((sum, count) => sum + count, 0) * 1_000) / windowMs,
    mostToLeast: Math.max(...served) / Math.max(1, Math.min(...served)),
    longestWaitMs: Math.max(...results.map((result) => result.longestWaitMs)),
  };
}
