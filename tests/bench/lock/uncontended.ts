/** A lock that nobody else wants: `runner.run` with default options beside the bare calls and proper-lockfile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds, microsPerBlockingCall, microsPerCall } from '../rounds.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { lockAndUnlock } from './flock-call.ts';
import { properLockfile } from './proper-lockfile.ts';

const calls = 3_000;
const slowCalls = 100;
const rounds = 21;

const what = 'uncontended';
const unit = 'µs';

export async function uncontended({ signal }: BenchContext): Promise<readonly Figure[]> {
  using directory = scratchDirectory();
  const runner = new LockRunner({ directory: join(directory.path, 'locks') });
  const barePath = join(directory.path, 'bare.lock');
  const lockfilePath = join(directory.path, 'lockfile');
  writeFileSync(lockfilePath, '');
  const nothing = () => undefined;
  const values = await inRounds(
    [
      { name: 'bare calls', round: () => microsPerBlockingCall(calls, () => lockAndUnlock(barePath)) },
      { name: 'run', round: () => microsPerCall(calls, () => runner.run('bench', {}, nothing)) },
      {
        name: 'run with a purpose',
        round: () => microsPerCall(calls, () => runner.run('bench', { purpose: 'bench' }, nothing)),
      },
      { name: 'proper-lockfile', round: () => microsPerCall(slowCalls, () => lockfile(lockfilePath)) },
    ],
    { rounds, signal },
  );
  const bare = { what, unit, peer: 'bare calls' } as const;
  return [
    compare(values, { ...bare, subject: 'run', target: { relation: '≤', limit: 2 } }),
    compare(values, { ...bare, subject: 'run with a purpose' }),
    compare(values, {
      what,
      unit,
      subject: 'proper-lockfile',
      peer: 'run',
      target: { relation: '≥', limit: 40 },
    }),
  ];
}

async function lockfile(path: string): Promise<void> {
  const release = await properLockfile.lock(path);
  await release();
}
