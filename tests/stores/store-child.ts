/**
 * One process of the tests of stores. `store-child.ts STATE_DIR MODE …` works on the stores of a state directory and prints one
 * line of JSON.
 *
 *   reset AREA [N]    resets an area as its steward does; dies by SIGKILL right after the N-th effect, else prints how many
 *   take COUNT        takes from one bucket of ten, and from as many as it makes calls
 *   rotate MS         rotates the salt that is due MS from now
 */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { nodeResetPort, type ResetPort } from '@holdfast/reset-executor';
import { FileRateLimits, FileSaltStore, findStores, IpSalt, saltLabel } from '@holdfast/runtime-stores';

const [home = '', mode = '', first = '', second = ''] = process.argv.slice(2);
const directory = join(home, 'stores');
const runner = new LockRunner({ directory: join(home, 'locks'), backend: 'flock' });

/** What changes the disk; looking at it is no step at which a kill could matter. */
const effectNames = [
  'create',
  'write',
  'writeLater',
  'setMode',
  'flush',
  'flushLater',
  'rename',
  'unlink',
  'link',
  'makeDirectory',
  'removeDirectory',
];
let effects = 0;

const modes: Readonly<Record<string, () => Promise<unknown>>> = {
  reset: async () => {
    const { stewards } = findStores({ directory, runner, fs: countingPort(Number(second)) });
    const steward = stewards.find(({ area }) => area.name === first);
    if (steward === undefined) throw new Error(`no area ${first}`);
    const documents = await Array.fromAsync(steward.area.documents());
    const findings = documents.map((document) => ({
      document,
      reason: steward.reasonOf('manual', document),
    }));
    const reports = await steward.attend(findings, { mode: 'apply' });
    return { effects, id: reports[0]?.reset?.id };
  },
  take: async () => {
    const limits = new FileRateLimits({ directory: join(directory, 'rate-limit'), runner });
    const slow = Object.freeze({ name: 'slow', limit: 1, periodMs: 3_600_000, burst: 10 });
    const fast = Object.freeze({ name: 'fast', limit: 1, periodMs: 1, burst: 1 });
    let allowed = 0;
    for (let call = 0; call < Number(first); call += 1) {
      allowed += (await limits.take(slow, 'everybody')).isAllowed ? 1 : 0;
      await limits.take(fast, `${process.pid} ${call}`);
    }
    return { allowed };
  },
  rotate: async () => {
    const clock = { ...systemClock, wallMs: () => Date.now() + Number(first) };
    const store = new FileSaltStore({ directory: join(directory, 'salt'), runner, clock });
    const { current, previous } = await new IpSalt({ store, clock }).current();
    return { current: saltLabel(current.secret), previous: previous && saltLabel(previous.secret) };
  },
};

flushCompileCache(); // whoever is killed writes none
const act = modes[mode];
if (act === undefined) throw new Error(`no mode ${mode}`);
process.stdout.write(`${JSON.stringify(await act())}\n`);

/** Dies right after the n-th effect, if there is an n. */
function countingPort(killAfter: number): ResetPort {
  const members = Object.entries(nodeResetPort).map(([name, member]) => {
    if (typeof member !== 'function' || !effectNames.includes(name)) return [name, member];
    const call = (...parameters: unknown[]) => {
      const result = Reflect.apply(member, undefined, parameters);
      effects += 1;
      if (effects === killAfter) die();
      return result;
    };
    return [name, call];
  });
  return Object.fromEntries(members);
}

/** Keeps the thread until the signal has come, so that nothing further happens. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
