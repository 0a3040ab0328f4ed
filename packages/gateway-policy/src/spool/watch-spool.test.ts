import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSpool } from './watch-spool.ts';

let root: string;
let directory: string;
let calls: number;
let controller: AbortController;
let watching: Promise<void>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-spool-'));
  directory = join(root, 'spool');
  mkdirSync(directory);
  calls = 0;
  controller = new AbortController();
});

afterEach(async () => {
  controller.abort();
  await watching;
  rmSync(root, { recursive: true });
});

test('an event that is there at the beginning is told', async () => {
  drop('a');
  void start(60_000);
  await expect.poll(() => calls).toBe(1);
});

test('an event that comes is told by the kernel, long before the next look', async () => {
  const isWatching = start(60_000);
  await isWatching;
  drop('a');
  await expect.poll(() => calls).toBeGreaterThan(0);
});

test('a file that is still being written is not told', async () => {
  const isWatching = start(60_000);
  await isWatching;
  writeFileSync(join(directory, '.a.tmp'), 'v=1\n');
  drop('b');
  await expect.poll(() => calls).toBe(1);
});

test('an event in a directory that came later is told', async () => {
  rmSync(directory, { recursive: true });
  void start(10);
  mkdirSync(directory);
  drop('a');
  await expect.poll(() => calls).toBeGreaterThan(0);
});

test('an event in a directory that was replaced is told, and by the kernel from then on', async () => {
  void start(10);
  renameSync(directory, `${directory}.old`);
  mkdirSync(directory);
  drop('a');
  await expect.poll(() => calls).toBeGreaterThan(0);
});

test('an event that stays is told once', async () => {
  drop('a');
  let looks = 0;
  void start(1, () => {
    looks += 1;
  });
  await expect.poll(() => looks).toBeGreaterThan(5);
  expect(calls).toBe(1);
});

/** @returns when the first look is over, after which the kernel's notice is all there is */
function start(pollMs: number, onLook: () => void = () => undefined): Promise<void> {
  return new Promise((resolve) => {
    const clock = {
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: (ms: number, signal?: AbortSignal) => {
        onLook();
        resolve();
        return new Promise<void>((wake, stop) => {
          const timer = setTimeout(wake, ms);
          signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            stop(signal.reason);
          });
        });
      },
    };
    const onEvent = () => {
      calls += 1;
    };
    watching = watchSpool(directory, onEvent, controller.signal, { pollMs, clock });
  });
}

function drop(name: string): void {
  const temp = join(directory, `.${name}.tmp`);
  writeFileSync(temp, 'v=1\n');
  renameSync(temp, join(directory, `${name}.event`));
}
