/**
 * What a refused command means. nft, tc and nsenter have one exit status for everything, so the text decides (the
 * commands run with LC_ALL=C); what is not recognised is a DATAPLANE_FAILED with that text. A writing command that was
 * killed has not refused anything: what it did is unknown.
 */
import { type ErrorCode, HoldfastError } from '@holdfast/base';
import { unknownOutcome } from '../effect-sequence.ts';
import type { CommandResult } from './command.ts';

/** How timeout(1) says that it has killed the command, when it is not killed together with it. */
const killedStatus = 137;

/** How much of a complaint is kept: nft repeats the offending line, which may hold fifty thousand elements. */
const keptCharacters = 400;

export interface FailedCommand {
  readonly argv: readonly string[];
  readonly result: CommandResult;
  readonly device: string;
  readonly netns?: string | undefined;
  readonly writes: boolean;
}

export function commandFailure({ argv, result, device, netns, writes }: FailedCommand): HoldfastError {
  if (writes && (result.status === null || result.status === killedStatus)) return killed(argv, result);
  const complaint = result.stderr.trim().slice(0, keptCharacters);
  // `tc -batch` stops at its first refused line; what stands before it is in effect.
  const lines = refusalsOf(result.stderr).map(({ line }) => line);
  const batch = lines[0] === undefined ? {} : { line: lines[0], lines };
  const details = { command: argv, status: result.status, stderr: complaint, device, netns, ...batch };
  const { code, what } = classify(complaint, device, netns);
  return new HoldfastError(code, `${what} (${firstLine(complaint) || `exit ${result.status}`})`, { details });
}

/** A line of a batch that tc refused, in the order of the lines. */
export interface Refusal {
  readonly line: number;
  /** There is no such device, or not any more. */
  readonly isDeviceGone: boolean;
}

/** The lines that a `tc -batch` complains about: one, and with `-force` all of them. */
export function refusalsOf(stderr: string): readonly Refusal[] {
  return Array.from(stderr.matchAll(/((?:.|\n)*?)\nCommand failed -:(\d+)\n?/g), ([, words = '', line]) => ({
    line: Number(line),
    isDeviceGone: /Cannot find device|No such device/.test(words),
  }));
}

function killed(argv: readonly string[], { status, stderr }: CommandResult): HoldfastError {
  const details = {
    command: argv,
    status,
    stderr: stderr.trim().slice(0, keptCharacters),
    ...unknownOutcome,
  };
  return new HoldfastError('DATAPLANE_FAILED', `${argv.join(' ')} was killed`, { details });
}

function classify(
  complaint: string,
  device: string,
  netns: string | undefined,
): { readonly code: ErrorCode; readonly what: string } {
  if (/Operation not permitted|Permission denied|must be root/.test(complaint)) {
    return { code: 'NOT_PERMITTED', what: 'the kernel does not let this user change or list its tables' };
  }
  if (complaint.includes(`Cannot find device "${device}"`)) {
    const place = netns === undefined ? '' : ` in namespace ${netns}`;
    return { code: 'DEVICE_MISSING', what: `the device ${device} does not exist${place}` };
  }
  if (/^(?:nsenter: failed to execute|timeout: failed to run command)/.test(complaint)) {
    return { code: 'DATAPLANE_UNAVAILABLE', what: 'a command is missing' };
  }
  if (/^nsenter: /.test(complaint)) {
    return { code: 'DATAPLANE_UNAVAILABLE', what: `the namespace ${netns} cannot be entered` };
  }
  return { code: 'DATAPLANE_FAILED', what: 'the kernel refused a command' };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
