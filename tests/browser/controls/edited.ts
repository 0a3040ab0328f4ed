/** A source with an edit of a control. */
import type { Edit } from './control.ts';

/** @throws Error - there is not exactly one place for it */
export function edited(source: string, { path, text, instead }: Edit): string {
  const parts = source.split(text);
  if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${text}`);
  return parts.join(instead);
}
