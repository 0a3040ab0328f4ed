/**
 * What a terminal of so many columns shows of an output: enough of one for lines that are replaced, and it notices what a
 * real one hides, a line that has become two because it was too long.
 */

export interface Screen {
  /** Rows that are not empty, in the end. */
  readonly rows: readonly string[];
  /** Rows that were broken because something was longer than the terminal is wide. */
  readonly broken: readonly string[];
  /** Column of the cursor, 0 for the beginning of a row. */
  readonly column: number;
  /** What it was sent besides text, line ends and `\x1b[K`. */
  readonly controls: readonly string[];
}

export const esc = '\u001b';
/** What takes a live line away. */
export const clearLine = `\r${esc}[K`;

/** CSI, OSC and other escapes, or one character. */
const token = new RegExp(`${esc}\\[[0-?]*[ -/]*[@-~]|${esc}\\].*?\u0007|${esc}.|.`, 'gsu');

export function screenOf(output: string, columns: number): Screen {
  const rows: string[][] = [[]];
  const broken: string[] = [];
  const controls: string[] = [];
  let row: string[] = rows[0] ?? [];
  let column = 0;
  const nextRow = () => {
    row = [];
    rows.push(row);
  };
  const put = (character: string) => {
    const width = widthOf(character);
    if (column + width > columns) {
      broken.push(row.join(''));
      nextRow();
      column = 0;
    }
    row[column] = character;
    if (width === 2) row[column + 1] = '';
    column += width;
  };
  for (const [sequence] of output.matchAll(token)) {
    if (sequence === '\r') column = 0;
    else if (sequence === '\n') nextRow();
    else if (sequence === `${esc}[K`) row.length = column;
    else if (/\p{Cc}/u.test(sequence)) controls.push(sequence);
    else put(sequence);
  }
  const shown = rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd(),
  );
  return { rows: shown.filter((text) => text !== ''), broken, column, controls };
}

/** Of the characters that the tests use; a rule apart from the one that is tested. */
function widthOf(character: string): number {
  if (/[\u0300-\u036f]/.test(character)) return 0;
  return (character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
}
