/** One spelling for all that mean the same account: else each spelling would have a bucket of its own. */

/**
 * Unicode compatibility form, without case and surrounding space. Upper case first: `ß` and `SS`, `ς` and `Σ` are the same
 * then, as in Unicode's case folding. One character at a time, because lower case of a whole word depends on its end.
 */
export function accountName(typed: string): string {
  const folded = [...typed.normalize('NFKC').toUpperCase()].map((character) => character.toLowerCase());
  return folded.join('').normalize('NFKC').trim();
}
