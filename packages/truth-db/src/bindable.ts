/**
 * Which JavaScript values may become SQL parameters. The runtimes and drivers disagree and some accept silently what they
 * then store as something else: a boolean binds on Node and throws on Bun, NaN becomes NULL, a Date in first place is
 * taken for a set of named parameters, which shifts every other value by one. So one list decides for all.
 */
import { HoldfastError } from '@holdfast/base';

export type Bindable = null | string | number | bigint | Uint8Array;

const int64 = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };

/**
 * The value, which is one.
 *
 * @throws HoldfastError INTERNAL - a value of another kind than null, string, finite number, 64-bit bigint, Uint8Array;
 *   the message names its place and kind, never the value
 */
export function bindable(value: unknown, index: number): Bindable {
  if (isBindable(value)) return value;
  throw new HoldfastError('INTERNAL', `parameter ${index + 1} of a statement is ${kindOf(value)}`, {
    details: { parameter: index + 1, kind: kindOf(value) },
  });
}

function isBindable(value: unknown): value is Bindable {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'bigint' && value >= int64.least && value <= int64.greatest;
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return 'a number that is not finite';
  if (typeof value === 'bigint') return 'a bigint of more than 64 bits';
  if (value instanceof Date) return 'a Date';
  return typeof value;
}
