/**
 * A merge of the lines of a long text, as a suggestion: lines that both sides left alone hold the others in place. Two changes of
 * lines can contradict each other without touching, so nobody takes it but the user.
 *
 * @see Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007
 */

/** More pairs of lines than this are not compared: a suggestion has to be there at once. */
const mostPairs = 1_000_000;

export interface ThreeTexts {
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
}

/** @returns undefined where both changed the same lines, or the texts are too long */
export function suggestText(texts: ThreeTexts): string | undefined {
  const base = linesOf(texts.base);
  const mine = linesOf(texts.mine);
  const theirs = linesOf(texts.theirs);
  if (base.length * Math.max(mine.length, theirs.length) > mostPairs) return undefined;
  const [inMine, inTheirs] = [pairsOf(base, mine), pairsOf(base, theirs)];
  const merged: string[] = [];
  const at = { base: 0, mine: 0, theirs: 0 };
  for (let index = 0; index <= base.length; index += 1) {
    const next = { base: index, mine: inMine.get(index), theirs: inTheirs.get(index) };
    const isEnd = index === base.length;
    if (!isEnd && (next.mine === undefined || next.theirs === undefined)) continue;
    const end = { mine: next.mine ?? mine.length, theirs: next.theirs ?? theirs.length };
    const chunk = chunkOf({
      base: base.slice(at.base, index),
      mine: mine.slice(at.mine, end.mine),
      theirs: theirs.slice(at.theirs, end.theirs),
    });
    if (chunk === undefined) return undefined;
    merged.push(...chunk, ...base.slice(index, index + 1));
    Object.assign(at, { base: index + 1, mine: end.mine + 1, theirs: end.theirs + 1 });
  }
  return merged.join('\n');
}

type Lines = readonly string[];

/** What only one side changed, or both in the same way. */
function chunkOf(lines: { readonly [side in keyof ThreeTexts]: Lines }): Lines | undefined {
  const { base, mine, theirs } = lines;
  const [was, here, there] = [base, mine, theirs].map((part) => JSON.stringify(part));
  if (was === here || here === there) return theirs;
  return was === there ? mine : undefined;
}

function linesOf(text: string): Lines {
  return text.replaceAll('\r\n', '\n').split('\n');
}

/** A longest common subsequence, as indices of `one` with theirs in `other`. */
function pairsOf(one: Lines, other: Lines): ReadonlyMap<number, number> {
  const lengthAt = commonLengths(one, other);
  const pairs = new Map<number, number>();
  let [row, column] = [0, 0];
  while (row < one.length && column < other.length) {
    if (one[row] === other[column]) {
      pairs.set(row, column);
      row += 1;
      column += 1;
    } else if (lengthAt(row + 1, column) >= lengthAt(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}

/** How long the longest common subsequence of what begins at `row` and at `column` is. */
function commonLengths(one: Lines, other: Lines): (row: number, column: number) => number {
  const width = other.length + 1;
  const lengths = new Uint32Array((one.length + 1) * width);
  const lengthAt = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        one[row] === other[column]
          ? lengthAt(row + 1, column + 1) + 1
          : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  return lengthAt;
}
