/** What it costs a process to wait for many locks at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFileName } from '@holdfast/lock-runner';
import { describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { compileCache } from '../support/compile-cache.ts';
import { counts } from '../support/counts.ts';
import { flock } from './lock-kind.ts';
import { LockWorld, scope } from './lock-world.ts';

const world = new LockWorld(flock);

describe('many waiters', () => {
  it('of one process leave its file system calls alone', async () => {
    const file = join(world.base, 'file');
    writeFileSync(file, 'x');
    const scopes = Array.from({ length: counts.waiters }, (_, place) => `${scope}:${place}`);
    const other = await startManyHolds(scopes);
    const alone = await medianReadMs(file);
    const cancel = new AbortController();
    const waits = scopes.map((name) =>
      world.runner
        .run(name, { waitMs: Infinity, signal: cancel.signal }, () => undefined)
        .catch((error) => error.code),
    );
    for (const name of scopes) await untilWaited(name);
    const waiting = await medianReadMs(file);
    cancel.abort();
    expect(new Set(await Promise.all(waits))).toEqual(new Set(['CANCELLED']));
    other.stdin?.end('\n');
    expect(waiting / alone).toBeLessThan(8);
  });
});

async function untilWaited(name: string): Promise<void> {
  await until(async () => (await world.runner.who(name)).waiters.length > 0);
}

/** One shell that holds the lock of every scope. */
async function startManyHolds(scopes: readonly string[]): Promise<ChildProcess> {
  await world.runner.run(scope, {}, () => undefined); // makes the directory
  const nested = scopes
    .map((name) => join(world.directory, lockFileName(name)))
    .reduceRight((inner, file) => `/usr/bin/flock ${file} ${inner}`, "sh -c 'echo held; read line'");
  const child = spawn('/bin/sh', ['-c', nested], {
    env: { PATH: '/usr/bin:/bin', ...compileCache },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(world.keep(child).stdout, 'data');
  return child;
}

async function medianReadMs(file: string): Promise<number> {
  const tookMs: number[] = [];
  for (let read = 0; read < 300; read += 1) {
    const startMs = performance.now();
    await readFile(file);
    tookMs.push(performance.now() - startMs);
  }
  return tookMs.sort((a, b) => a - b)[150] ?? Number.NaN;
}
