/**
 * The one error class. The text says what happened to which object, the code which failure it is, the hint (from the
 * table) what to do now. A fresh instance each time; test with `isHoldfastError`, which works across copies of this
 * module, not with `instanceof`.
 */
import { type ErrorCode, errorTable } from './error-table.ts';

/** Facts of a failure, for logs and `--json`. Never secrets. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

const brand: unique symbol = Symbol.for('holdfast.error');

export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /**
   * @param code - a key of `errorTable`
   * @param message - what happened to which object, without a final full stop
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: ErrorDetails } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** What to do now. */
  get hint(): string {
    return errorTable[this.code].hint;
  }

  /** The status a command ends with when this error reaches its top. */
  get exit(): number {
    return errorTable[this.code].exit;
  }
}

/** True for a HoldfastError of any copy of this module; with `code`, only for that failure. */
export function isHoldfastError(error: unknown, code?: ErrorCode): error is HoldfastError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || (error as HoldfastError).code === code;
}

/** The `errno` name (`ENOENT`, …) of a system error, undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || isHoldfastError(error))
    return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
