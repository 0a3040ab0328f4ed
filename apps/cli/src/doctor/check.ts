/**
 * What a check of the set-up is, and what it answers. A check looks, or tries something and takes it back; it ends by itself
 * when its signal aborts, and never repairs.
 */
import { type HoldfastError, isHoldfastError } from '@holdfast/base';
import type { Ground } from './ground.ts';

/** 'skip': it could not be tried here, which says nothing about the set-up. */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skip';

export interface Finding {
  readonly verdict: Verdict;
  /** One line. */
  readonly found: string;
  /** What to do; required of whatever is not as it should be. */
  readonly hint?: string;
  /** Of what failed: something is not there or does not work, or it is configured wrongly. */
  readonly blame?: 'unusable' | 'invalid';
}

export interface Check {
  readonly name: string;
  /** One line for the help. */
  readonly describe: string;
  /** Checks without which this one has nothing to look at. */
  readonly needs?: readonly string[];
  /** After so many milliseconds it has failed. Default 10 000. */
  readonly limitMs?: number;
  /**
   * @param signal - aborts when the time is over, or when the whole is cancelled
   * @returns at least one finding
   */
  readonly run: (ground: Ground, signal: AbortSignal) => Promise<readonly Finding[]> | readonly Finding[];
}

export function ok(found: string): Finding {
  return { verdict: 'ok', found };
}

export function skip(found: string): Finding {
  return { verdict: 'skip', found };
}

export function warn(found: string, hint: string): Finding {
  return { verdict: 'warn', found, hint };
}

/** Something is not there or does not work. */
export function unusable(found: string, hint: string): Finding {
  return { verdict: 'fail', found, hint, blame: 'unusable' };
}

/** Something is configured wrongly, or a row of truth is. */
export function invalid(found: string, hint: string): Finding {
  return { verdict: 'fail', found, hint, blame: 'invalid' };
}

/** A failure that a check met, as its finding. */
export function failed({ code, message, hint, exit }: HoldfastError): Finding {
  const isInvalid = exit === 64 || exit === 65 || exit === 78;
  return { verdict: 'fail', found: `${message} [${code}]`, hint, blame: isInvalid ? 'invalid' : 'unusable' };
}

/** The findings, with a known failure of the look as the only one. */
export async function unlessFailed(look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return [failed(error)];
  }
}
