/** Failures of a source: what went wrong with which address. */
import { type ErrorCode, HoldfastError } from '@holdfast/base';

type SourceCode = Extract<ErrorCode, `SOURCE_${string}`>;

/** Credentials in an address are nobody's business in a log. */
export function printableUrl(address: string): string {
  const url = URL.parse(address);
  if (url === null || (url.username === '' && url.password === '')) return address;
  url.username = '';
  url.password = '';
  return url.href;
}

export function sourceError(
  code: SourceCode,
  address: string,
  what: string,
  more: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
): HoldfastError {
  const shown = printableUrl(address);
  return new HoldfastError(code, `${shown} ${what}`, {
    cause: more.cause,
    details: { source: shown, ...more.details },
  });
}
