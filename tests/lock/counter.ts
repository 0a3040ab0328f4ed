/** A number that processes increment under the lock, and the log of their holds: nothing is lost, and nobody was inside with another. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { counts } from '../support/counts.ts';
import type { LockProcess } from './lock-process.ts';

export class Counter {
  readonly file: string;

  constructor(directory: string) {
    this.file = join(directory, 'counter');
    writeFileSync(this.file, '0');
  }

  /** What a process is told that shall increment it so often. */
  command(rounds: number): string {
    return `count ${rounds} ${this.file}`;
  }

  /** All of them at once, each as often as the counts say. Resolves when the last one is done. */
  async storm(children: readonly LockProcess[], rounds: number = counts.counterRounds): Promise<void> {
    for (const child of children) child.say(this.command(rounds));
    for (const child of children) await child.hear('counted');
  }

  value(): number {
    return Number(readFileSync(this.file, 'latin1'));
  }

  /** So many holds there were, one after the other, and each has counted. */
  expectExactly(holds: number): void {
    const log = readFileSync(`${this.file}.log`, 'latin1').trim().split('\n');
    expect(log).toHaveLength(2 * holds);
    expect(overlapsIn(log)).toEqual([]);
    expect(this.value()).toBe(holds);
  }
}

/** Holds that began (`+pid`) before another had ended (`-pid`). */
function overlapsIn(log: readonly string[]): readonly string[] {
  const inside = new Set<string>();
  return log.flatMap((line) => {
    if (line.startsWith('-')) return inside.delete(line.slice(1)) ? [] : [`${line} was not inside`];
    const others = [...inside];
    inside.add(line.slice(1));
    return others.map((other) => `${line} beside ${other}`);
  });
}
