/**
 * The log of holds, and its sweep for overlaps. Each process appends `+WORKER` when its hold has begun and `-WORKER` before
 * it ends, to one file opened for appending: their order in the file is the order in which they happened, which no clock
 * of several processes can say. What the log shows as overlapping did overlap; holds are longer than it shows.
 */

export interface Sweep {
  readonly holds: number;
  /** Holds that began while another one lasted. */
  readonly overlaps: number;
  /** The first of them, `process 3 beside process 1`. */
  readonly examples: readonly string[];
  /** Lines that are no record, and ends without a beginning: then the log itself cannot be trusted. */
  readonly unreadable: number;
}

/** All records are of this length, so that a size tells how many there are. */
export const recordBytes = 4;
const mostExamples = 5;

export function recordOf(what: '+' | '-', worker: number): string {
  return `${what}${String(worker).padStart(recordBytes - 2, '0')}\n`;
}

export async function sweep(lines: AsyncIterable<string> | Iterable<string>): Promise<Sweep> {
  const inside = new Set<string>();
  const overlapping: string[] = [];
  let holds = 0;
  let overlaps = 0;
  let unreadable = 0;
  for await (const line of lines) {
    const [, what, worker = ''] = /^([+-])(\d\d)$/.exec(line) ?? [];
    if (what === '+') {
      holds += 1;
      overlaps += Math.sign(inside.size);
      if (overlapping.length < overlaps && overlaps <= mostExamples) overlapping.push(beside(worker, inside));
      inside.add(worker);
    } else if (what !== '-' || !inside.delete(worker)) {
      unreadable += 1;
    }
  }
  return { holds, overlaps, examples: overlapping, unreadable };
}

function beside(worker: string, inside: ReadonlySet<string>): string {
  return `process ${Number(worker)} beside ${[...inside].map((other) => `process ${Number(other)}`).join(' and ')}`;
}
