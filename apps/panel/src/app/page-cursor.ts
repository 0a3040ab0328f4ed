/**
 * Where a page of a list ends: the values by which the list is sorted, of its last item. The next page is what sorts behind them,
 * so nothing is missed or told twice when rows come and go between two pages.
 *
 * A cursor is a place and no permission. One that somebody makes up is a place too, or is refused.
 */
import { InvalidInput } from '@holdfast/mutations';

export type CursorPart = string | number;

/** @param sort - of the list; a cursor of another one is none */
export function encodeCursor(sort: string, parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify([sort, ...parts])).toString('base64url');
}

/**
 * @param like - a part of each kind, in order
 * @throws InvalidInput - it is none that `encodeCursor` has made for this list
 */
export function decodeCursor<const Parts extends readonly CursorPart[]>(
  cursor: string,
  sort: string,
  like: Parts,
): { readonly [Index in keyof Parts]: Parts[Index] extends number ? number : string } {
  const [of, ...parts] = partsOf(cursor);
  const isLike = of === sort && parts.length === like.length && like.every((one, at) => isAs(one, parts[at]));
  if (!isLike) throw new InvalidInput([{ path: '/cursor', code: 'not-a-cursor' }]);
  return parts as never;
}

function isAs(like: CursorPart, part: unknown): boolean {
  return typeof like === 'number' ? Number.isSafeInteger(part) : typeof part === 'string';
}

function partsOf(cursor: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
