/** What has to hold after every situation, whoever came when: see `tests/concurrency_regression.md`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCovered, readNewestTrigger } from '@holdfast/truth-db';
import { expect } from 'vitest';
import { type HoldInterval, overlaps } from '../../support/hold-intervals.ts';
import { gateway } from '../../support/policy-world.ts';
import type { MatrixWorld } from './matrix-world.ts';

/** @param what - named in the message of a failure */
export async function expectSettled(
  world: MatrixWorld,
  holds: readonly HoldInterval[],
  what: string,
): Promise<void> {
  expect(overlaps(holds), `${what}: holds`).toEqual([]);
  expect(world.shown(), `${what}: what is live`).toEqual(await world.wanted());
  const [covered, newest] = [
    await readCovered(world.truth, gateway),
    await readNewestTrigger(world.truth, gateway),
  ];
  expect(covered, `${what}: covered`).toBe(newest);
  expect(leftovers(world), `${what}: left behind`).toEqual([]);
  const [lastRun] = (await world.context.documents.lastRuns()).slice(-1); // fails on a document that is torn
  expect(lastRun, `${what}: history`).toBeDefined();
}

/** Intents, notes of runs that gave way, and temporary files. */
export function leftovers({ stateDir }: MatrixWorld): readonly string[] {
  return ['', 'runs', 'locks'].flatMap((directory) =>
    readdirSync(join(stateDir, directory)).filter((name) => /\.(?:intent|paused)\.json$|-tmp$/.test(name)),
  );
}
