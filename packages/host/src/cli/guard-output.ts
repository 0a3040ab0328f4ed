/**
 * What happens when the standard streams cannot be written. Lost data is a failure of the command, WRITE_FAILED, whatever
 * else it achieved; lost talk is none. A reader that closes its pipe early (`| head`) is no failure of ours.
 */
import { HoldfastError } from '@holdfast/base';

/**
 * Watches stdout and stderr until the process ends, because Node reports a failed write after it and even after the end
 * of main.
 *
 * @returns sets the exit status of the process, unless stdout was or is going to be lost
 */
export function guardOutput(): (status: number) => void {
  let lost: number | undefined;
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE' || lost !== undefined) return;
    const why = cause.code ?? 'unknown error';
    const error = new HoldfastError('WRITE_FAILED', `the output cannot be written (${why})`, { cause });
    lost = error.exit;
    process.exitCode = lost;
    // No hint: that of the table speaks of files.
    process.stderr.write(`error: ${error.message} [${error.code}]\n`);
  });
  process.stderr.on('error', ignore);
  return (status) => {
    process.exitCode = lost ?? status;
  };
}

function ignore(): void {
  // There is nobody left to tell; the exit status says it.
}
