/** The moment from which a lease counts, as the system tells it; that it counts sleep, in a time namespace that has slept. */
import { execFileSync } from 'node:child_process';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { expect, it } from 'vitest';
import { isMissing } from '../../../tests/support/needs.ts';
import { leaseInstant } from './lease.ts';

const module = join(import.meta.dirname, 'lease.ts');
const clock = '{ monotonicMs: () => performance.now() }';
const code = `import(${JSON.stringify(module)}).then((lease) => console.log(lease.leaseInstant(${clock}).sinceBootMs))`;

it('a lease counts on the monotonic clock and on the time since boot', () => {
  const before = performance.now();
  const { monotonicMs, sinceBootMs } = leaseInstant(systemClock);
  expect(monotonicMs).toBeGreaterThanOrEqual(before);
  expect(Math.abs(sinceBootMs - uptime() * 1_000)).toBeLessThan(1_500); // some systems tell whole seconds
});

it.skipIf(isMissing('root', 'unshare'))('a lease counts what the machine has slept', () => {
  const sleptMs = 100_000_000;
  const asleep = ['--time', '--boottime', String(sleptMs / 1_000), '--fork', process.execPath];
  const args = [...asleep, '--conditions=@holdfast/source', '-e', code];
  const told = Number(execFileSync('unshare', args, { encoding: 'utf8' }));
  expect(told - leaseInstant(systemClock).sinceBootMs).toBeGreaterThan(sleptMs / 2);
});
