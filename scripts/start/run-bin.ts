/**
 * Our own commands, from this checkout and on the Node that runs this script. They are kept out of the terminal's process
 * group: Ctrl-C reaches `npm start` alone, which ends them in the order in which one needs the other.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ownEnvironment } from './own-settings.ts';

const root = join(import.meta.dirname, '..', '..');

const bins = {
  holdfast: 'apps/cli/bin/holdfast.js',
  'vpn-panel': 'apps/panel/bin/vpn-panel.js',
  'vpn-policy-apply': 'apps/policy-apply/bin/vpn-policy-apply.js',
  'vpn-policy-reconcile': 'apps/policy-reconcile/bin/vpn-policy-reconcile.js',
  'vpn-radius-mapper': 'apps/radius-mapper/bin/vpn-radius-mapper.js',
} as const;

export type Bin = keyof typeof bins;

/** The hook as a VPN daemon would call it. */
export const hookScript = join(root, 'apps/policy-reconcile/hooks/vpn-policy-hook');

/** A program and its arguments. */
export type Command = readonly [string, ...string[]];

export function commandOf(bin: Bin, args: readonly string[]): Command {
  return [process.execPath, join(root, bins[bin]), ...args];
}

export interface RunOptions {
  /** Ends it, with SIGTERM. */
  readonly signal: AbortSignal;
  /** Text for its stdin. */
  readonly input?: string;
  /** Keeps what it says on stdout, instead of passing it on. */
  readonly isCaptured?: boolean;
}

export interface Ended {
  /** Exit status, 128 + n when signal n has ended it. */
  readonly status: number;
  /** What was captured. */
  readonly stdout: string;
}

/** Runs to its end; what it has to complain about goes to our stderr. */
export async function runBin(bin: Bin, args: readonly string[], options: RunOptions): Promise<Ended> {
  const [file, ...words] = commandOf(bin, args);
  const { signal, input, isCaptured = false } = options;
  const child = spawn(file, words, {
    detached: true,
    env: ownEnvironment,
    stdio: [input === undefined ? 'ignore' : 'pipe', isCaptured ? 'pipe' : 'inherit', 'inherit'],
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stdin?.on('error', () => undefined).end(input); // one that does not read says why on stderr
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, ended) => resolve(statusOf(code, ended)));
    });
    return { status, stdout };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

export function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}
