/**
 * A mapper that is killed at one step: `spool-child.ts PART DATABASE STATE_DIR STEP COUNT`.
 *
 * `keep` takes COUNT events while truth is away, and prints the number of each that was acknowledged. `drain` brings what is
 * spooled into truth. A step is any call to the file system, and, of a drain, the beginning of an event and its commit; the
 * process kills itself right before the one that STEP counts to, from 1. Prints `survived N`, the number of its steps, when
 * it did not come so far.
 */
import { writeSync } from 'node:fs';
import { silentLog, systemClock } from '@holdfast/base';
import { openTruth, type Truth } from '@holdfast/truth-db';
import { AccountingIntake } from '../../apps/radius-mapper/src/accounting/accounting-intake.ts';
import { watchedPort } from '../atomic/watched-calls.ts';
import { mapperOn, unreachable } from './accounting-world.ts';
import { eventOfUser } from './spool-events.ts';

const [part = '', database = '', stateDir = '', step = '', count = ''] = process.argv.slice(2);
const place = { stateDir, clock: systemClock, log: silentLog, settings: {} };
let steps = 0;

function dieHere(): void {
  steps += 1;
  if (steps === Number(step)) process.kill(process.pid, 'SIGKILL');
}

const fs = watchedPort(dieHere);

if (part === 'keep') await keep();
else await drain();
writeSync(1, `survived ${steps}\n`);

async function keep(): Promise<void> {
  const truth = { transaction: async () => Promise.reject(unreachable()) } as unknown as Truth;
  const intake = new AccountingIntake(mapperOn(truth, place), { fs });
  intake.spool.prepare();
  const take = async (number: number) => {
    await intake.take(eventOfUser(number));
    writeSync(1, `${number}\n`);
  };
  await take(0);
  await Promise.all(Array.from({ length: Number(count) - 1 }, (_value, index) => take(index + 1)));
}

async function drain(): Promise<void> {
  await using truth = openTruth(database);
  const watched = Object.assign(Object.create(truth) as Truth, {
    transaction: (fn: Parameters<Truth['transaction']>[0]) => {
      dieHere();
      return truth.transaction(fn);
    },
  });
  const intake = new AccountingIntake(mapperOn(watched, place), { fs, onCommit: dieHere });
  const end = await intake.drain(new AbortController().signal);
  if (end !== 'done') throw new Error('the spool was not emptied');
}
