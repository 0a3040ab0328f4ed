/**
 * The helpers of this process, by the lock file whose descriptor they inherited. A helper lives no longer than its file is
 * open, because it would keep the lock of a file that is closed; idle ones are bounded and end after some seconds.
 */

import { longestTimerMs } from '../wait-limit.ts';
import type { HelperKind, Priority } from './helper-kind.ts';
import { IdlePool } from './idle-pool.ts';
import type { LockFile } from './lock-file.ts';
import { LockHelper } from './lock-helper.ts';

const byFile = new WeakMap<LockFile, Set<LockHelper>>();
/** All that have not ended yet. */
const living = new Set<LockHelper>();
const idle = new IdlePool<LockHelper, LockHelper>({ most: 16, discard: (helper) => helper.kill() });

/**
 * A helper to wait with: one that idles, or a new one.
 *
 * @returns undefined when this machine cannot have one of this kind
 * @throws as `LockHelper`
 */
export function takeHelper(file: LockFile, kind: HelperKind, priority: Priority): LockHelper | undefined {
  for (const helper of byFile.get(file) ?? []) {
    const isFit = helper.kind === kind && helper.priority === priority;
    if (isFit && idle.take(helper) !== undefined) return helper;
  }
  const command = kind.command(priority);
  return command && register(file, new LockHelper(kind, command, priority, file.fd));
}

/** Keeps a helper that has waited for its next wait. */
export function keepHelper(helper: LockHelper): void {
  if (living.has(helper)) idle.keep(helper, helper);
}

/** Ends all helpers of a file, or of a file that is about to be closed. */
export async function endHelpers(file: LockFile): Promise<void> {
  const helpers = [...(byFile.get(file) ?? [])];
  for (const helper of helpers) helper.kill();
  const awake = setInterval(() => undefined, longestTimerMs); // helpers keep nobody alive, and somebody waits for their end
  try {
    await Promise.all(helpers.map(({ ended }) => ended));
  } finally {
    clearInterval(awake);
  }
}

export function hasHelpers(file: LockFile): boolean {
  return (byFile.get(file)?.size ?? 0) > 0;
}

/** Resolves when every helper that was killed, or is idle now, has ended. */
export async function idleHelpersEnded(): Promise<void> {
  idle.clear(() => true);
  await Promise.all([...living].filter((helper) => helper.isKilled).map(({ ended }) => ended));
}

function register(file: LockFile, helper: LockHelper): LockHelper {
  const ofFile = byFile.get(file) ?? new Set();
  byFile.set(file, ofFile.add(helper));
  living.add(helper);
  void helper.ended.then(() => {
    idle.take(helper);
    ofFile.delete(helper);
    living.delete(helper);
  });
  return helper;
}
