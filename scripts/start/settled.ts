/** That what the clients have told by leaving is in the kernel: no event is left in the spool, and the newest trigger is covered. */
import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface SettledOptions {
  readonly spool: string;
  /** Of the reconcile daemon, on loopback. */
  readonly port: number;
}

const patienceMs = 3_000;
const lookMs = 30;

/** Resolves when it is, or when that takes too long: the next run does what is left. */
export async function settled(options: SettledOptions): Promise<void> {
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    if (await isSettled(options)) return;
    await delay(lookMs);
  }
}

async function isSettled({ spool, port }: SettledOptions): Promise<boolean> {
  if ((await readdir(spool)).some((name) => name.endsWith('.event'))) return false;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const { newest, covered } = (await answer.json()) as { newest?: number; covered?: number };
    return newest === covered;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false; // nobody answers
    throw error;
  }
}
