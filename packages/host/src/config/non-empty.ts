/** Reads a setting that is any text but the empty one. */
export function nonEmpty(text: string): string {
  if (text === '') throw new Error('must not be empty');
  return text;
}
