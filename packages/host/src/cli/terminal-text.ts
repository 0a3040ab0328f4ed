/**
 * Text on its way to a terminal: what may not be sent there, and how many columns the rest takes.
 *
 * Widths are upper bounds: code points are counted one by one, as terminals without knowledge of emoji sequences show
 * them. A line that is taken for too wide is cut early; one that is taken for too narrow would break into two.
 */

/** Controls, bidirectional overrides, line separators, private and unassigned code points; the joiners are harmless. */
const unprintable = /(?![\u200C\u200D])[\p{C}\p{Zl}\p{Zp}]/gu;

/** Nothing on its own: combining marks, joiners, variation selectors. */
const zeroWide = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;

/** East Asian Wide and Fullwidth of Unicode 17, what is emoji by itself, and what is made one by the selector behind it. */
const twoWide =
  /^[\p{Emoji_Presentation}\u1100-\u115F\u2329\u232A\u2630-\u2637\u268A-\u268F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FB}\u{1D300}-\u{1D376}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]$/u;

const emojiSelector = '\uFE0F';
const ascii = /^[\x20-\x7E]*$/;
/** Made at the first cut: it loads the rules of every script, which takes longer than most commands. */
let graphemes: Intl.Segmenter | undefined;

/** Foreign text, such as the purpose of another process, without anything that moves a cursor or turns text round. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, '?');
}

/** Columns of printable text. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The text, or so much of it as fits with an ellipsis behind it. Characters are kept whole. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  return columns < 1 ? '' : `${head(text, columns - 1)}…`;
}

/** The text in lines of at most so many columns, broken at blanks, and inside words that are longer than a line. */
export function wrapToWidth(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => chunks(long, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= columns) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function chunks(word: string, columns: number): readonly string[] {
  const found: string[] = [];
  let rest = word;
  while (displayWidth(rest) > columns) {
    const part = head(rest, columns);
    if (part === '') break; // one character is wider than the line: nothing can be done
    found.push(part);
    rest = rest.slice(part.length);
  }
  return [...found, rest];
}

function head(text: string, columns: number): string {
  let kept = '';
  let left = columns;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) {
    left -= displayWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept;
}

function widthOf(character: string): number {
  if (character === emojiSelector) return 1; // makes the narrow sign before it a wide one
  if (zeroWide.test(character)) return 0;
  return twoWide.test(character) ? 2 : 1;
}
