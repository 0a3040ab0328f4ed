/** The log of `count`: a line for each begin (`+pid`) and each end (`-pid`) of a hold, in the order they were written. */

/** Holds that began while another lasted; empty when the lock excluded. */
export function overlapsInLog(log: readonly string[]): readonly string[] {
  const inside = new Set<string>();
  return log.flatMap((line) => {
    if (line.startsWith('-')) return inside.delete(line.slice(1)) ? [] : [`${line} was not inside`];
    const others = [...inside];
    inside.add(line.slice(1));
    return others.map((other) => `${line} beside ${other}`);
  });
}
