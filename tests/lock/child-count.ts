/** What a child does to the counter of its test; `counter.ts` is the other side. */
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import type { LockRunner } from '@holdfast/lock-runner';

/**
 * Increments the number in `file` under the lock and writes to `file.log` when each hold begins and ends. The order of
 * appends to one file is the same for everybody, which no clock can say here: Bun's has an origin of its own in each
 * process.
 */
export async function count(runner: LockRunner, scope: string, rounds: number, file: string): Promise<void> {
  const log = openSync(`${file}.log`, 'a');
  for (let round = 0; round < rounds; round += 1) {
    await runner.run(scope, { waitMs: Number.POSITIVE_INFINITY }, async () => {
      writeSync(log, `+${process.pid}\n`);
      const value = Number(readFileSync(file, 'latin1'));
      await new Promise((resolve) => setImmediate(resolve)); // lets another process come between, if it can
      writeFileSync(file, String(value + 1));
      writeSync(log, `-${process.pid}\n`);
    });
  }
}
