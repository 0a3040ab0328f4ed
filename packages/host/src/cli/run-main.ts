/**
 * The edge of a process: signals become one abort signal, unless a program that it runs is to have them, errors become one line of text, a hint and an exit status. No
 * stack trace reaches a user; a command's log has it at level debug.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { failureLines } from './failure-lines.ts';
import { guardOutput } from './guard-output.ts';
import { printable } from './terminal-text.ts';

/** What asks a process to end and can be caught. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';

export interface MainContext {
  /** Aborts with CANCELLED on SIGINT and with TERMINATED on SIGTERM. */
  readonly signal: AbortSignal;
  /** Until it is disposed of, these signals go to `handler` and nowhere else: `signal` does not abort, we do not end. */
  readonly takeSignals: (handler: (name: StopSignal) => void) => Disposable;
}

const signals = { SIGINT: ['CANCELLED', 'interrupted'], SIGTERM: ['TERMINATED', 'asked to stop'] } as const;
const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Runs `main` and sets the exit status, that of WRITE_FAILED if stdout is lost; the process ends when nothing is left to do. */
export async function runMain(main: (context: MainContext) => Promise<number>): Promise<void> {
  const controller = new AbortController();
  const stop = (name: keyof typeof signals) => {
    const [code, text] = signals[name];
    // Whoever asks twice does not want to wait for a clean end.
    if (controller.signal.aborted) process.exit(new HoldfastError(code, text).exit);
    controller.abort(new HoldfastError(code, text));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const endWith = guardOutput();
  try {
    endWith(await main({ signal: controller.signal, takeSignals: (handler) => takeSignals(stop, handler) }));
  } catch (error) {
    endWith(explain(error));
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function takeSignals(
  stop: (name: keyof typeof signals) => void,
  handler: (name: StopSignal) => void,
): Disposable {
  for (const name of stopSignals) process.on(name, handler);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
  return {
    [Symbol.dispose]: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
      for (const name of stopSignals) process.off(name, handler);
    },
  };
}

/** Prints what happened and what to do on stderr. @returns the exit status */
export function explain(error: unknown): number {
  const known = asHoldfastError(error);
  process.stderr.write(`error: ${printable(known.message)} [${known.code}]\n`);
  for (const line of failureLines(known)) process.stderr.write(`  - ${printable(line)}\n`);
  process.stderr.write(`hint: ${known.hint}\n`);
  return known.exit;
}

/** Anything thrown, as a HoldfastError: what no stage has recognised is a defect, INTERNAL. */
export function asHoldfastError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HoldfastError('INTERNAL', message.split('\n')[0] ?? 'unknown failure', { cause: error });
}
