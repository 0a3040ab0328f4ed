/** Decisions of one or several processes over so many keys: how many in a second, and what the keys take up. */
import { statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { askTeam } from '../team.ts';
import type { DeciderResult } from './decider.ts';
import type { DeciderKind, Outcome } from './decider-kind.ts';

export interface DecisionsOptions {
  readonly kind: DeciderKind;
  readonly outcome: Outcome;
  readonly processes: number;
  readonly keys: number;
  /** 0 makes one decision per key and measures nothing. */
  readonly windowMs: number;
  readonly directory: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

const script = fileURLToPath(new URL('./decider.ts', import.meta.url));

/** @returns decisions of all processes together, per second */
export async function decisionsPerSecond(options: DecisionsOptions): Promise<number> {
  const { kind, outcome, processes, keys, windowMs, directory, port, signal } = options;
  const argumentLists = Array.from({ length: processes }, (_, place) =>
    [script, kind, outcome, directory, port, keys, windowMs, place, processes].map(String),
  );
  const answers = (await askTeam(argumentLists, signal)).map((line) => JSON.parse(line) as DeciderResult);
  return (answers.reduce((sum, { decided }) => sum + decided, 0) * 1_000) / Math.max(1, windowMs);
}

/** Used bytes of the file system that the directory is on. */
export function usedBytes(directory: string): number {
  const { bsize, blocks, bfree } = statfsSync(directory);
  return bsize * (blocks - bfree);
}
