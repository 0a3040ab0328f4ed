/**
 * Starts our own commands from this checkout, on the Node that runs this script, and passes signals on: whoever stops
 * `npm start` stops what it has started, and we stay until that has drained.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

const bins = {
  holdfast: 'apps/cli/bin/holdfast.js',
  'vpn-policy-apply': 'apps/policy-apply/bin/vpn-policy-apply.js',
  'vpn-policy-reconcile': 'apps/policy-reconcile/bin/vpn-policy-reconcile.js',
} as const;

export type Bin = keyof typeof bins;

let running: ChildProcess | undefined;

/** Call before anything is started: between a start and its handler a signal would leave an orphan. */
export function passSignalsOn(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (running === undefined) process.exit(128 + constants.signals[signal]);
      // A terminal sends SIGINT to the whole group, so the child has it already; a second one would cut its drain short.
      if (signal !== 'SIGINT' || process.stdin.isTTY !== true) running.kill(signal);
    });
  }
}

/** Runs to its end. @returns its exit status, 128 + n when signal n ended it */
export async function runBin(bin: Bin, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, bins[bin]), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running = child;
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } finally {
    running = undefined;
  }
}
