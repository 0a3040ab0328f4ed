/**
 * The titles in the text of a test file, as written: `it.each` titles keep their placeholders, template literals their
 * `${…}`. Nothing is run, so a suite that is skipped on this machine counts as well.
 */

export interface TestTitles {
  readonly tests: ReadonlySet<string>;
  readonly suites: ReadonlySet<string>;
}

export function titlesOf(text: string): TestTitles {
  const tests = new Set<string>();
  const suites = new Set<string>();
  for (const { 0: word, index } of text.matchAll(/(?<![\w.'"`$])(?:it|test|describe)(?=[.(])/g)) {
    const title = titleAt(text, index + word.length);
    if (title !== undefined) (word === 'describe' ? suites : tests).add(title);
  }
  return { tests, suites };
}

/** Whether a test that is written under `written` can run as `title`: placeholders stand for anything. */
export function isRunAs(title: string, written: string): boolean {
  const parts = written.split(/%[sdifjo#]|\$\{[^}]*\}/).map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`).test(title);
}

/** Passes over `.each(…)`, `.skipIf(…)` and the like, up to the call whose first argument is a literal. */
function titleAt(text: string, start: number): string | undefined {
  let at = start;
  while (at < text.length) {
    const name = /^\s*\.\w+/.exec(text.slice(at, at + 80));
    at += name?.[0].length ?? 0;
    if (text[at] !== '(') return undefined;
    const literal = /^\(\s*(?:'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`)\s*,/.exec(text.slice(at, at + 1_000));
    if (literal !== null) return (literal[1] ?? literal[2] ?? '').replaceAll(/\\(['`\\])/g, '$1');
    at = endOfCall(text, at);
  }
  return undefined;
}

/** Index after the parenthesis that closes the one at `open`; literals and comments are passed over. */
function endOfCall(text: string, open: number): number {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\/|[()]/g;
  token.lastIndex = open;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '(') depth += 1;
    if (match[0] === ')') depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return text.length;
}
