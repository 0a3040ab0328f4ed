import type { Truth, TruthTransaction } from '../index.ts';
import type { SessionWorld } from './session-world.ts';

/** Makes `change` and lets go of it, uncommitted, once `meanwhile` is under way in another transaction. */
export async function overlapped<First, Second>(
  w: SessionWorld,
  change: (trx: TruthTransaction) => Promise<First>,
  meanwhile: (truth: Truth) => Promise<Second>,
): Promise<{ readonly first: First; readonly second: Second }> {
  const [one, other] = [w.open(), w.open()];
  let second: Promise<Second> | undefined;
  const first = await one.transaction(async (trx) => {
    const result = await change(trx);
    second ??= meanwhile(other);
    second.catch(() => undefined);
    await readSeveralTimes(w.truth);
    return result;
  });
  if (second === undefined) throw new Error('the second transaction was not begun');
  return { first, second: await second };
}

/** Some round trips of a third one: enough for the second to reach the row where it has to wait. */
async function readSeveralTimes(truth: Truth): Promise<void> {
  for (let reads = 0; reads < 30; reads += 1) {
    await truth.db.selectFrom('gateways').select('id').execute();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
