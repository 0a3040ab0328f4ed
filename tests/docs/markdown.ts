/**
 * The little of Markdown that the checked documents use: headings and pipe tables. A cell keeps its text as written, with
 * `\|` read as `|`; a table belongs to the headings above it.
 */

export interface MarkdownTable {
  /** Text of the nearest heading above, without its `#`. */
  readonly heading: string;
  /** Text of the nearest second-level heading above; the same as `heading` right under it. */
  readonly section: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of `text`, in order. */
export function tablesOf(text: string): readonly MarkdownTable[] {
  const tables: MarkdownTable[] = [];
  let [heading, section] = ['', ''];
  let block: string[] = [];
  const close = () => {
    const [head, , ...rows] = block;
    if (head !== undefined)
      tables.push({ heading, section, columns: cellsOf(head), rows: rows.map(cellsOf) });
    block = [];
  };
  for (const line of [...text.split('\n'), '']) {
    if (line.startsWith('|')) {
      block.push(line);
      continue;
    }
    close();
    const title = /^(#+) (.*)$/.exec(line);
    if (title === null) continue;
    heading = title[2] ?? '';
    if ((title[1] ?? '').length <= 2) section = heading;
  }
  return tables;
}

/** The texts in backticks of a cell. */
export function codesOf(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** Makes `text` safe inside a cell. */
export function cellOf(text: string): string {
  return text.replaceAll('|', '\\|');
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
