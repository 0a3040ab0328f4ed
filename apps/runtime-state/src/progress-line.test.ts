/** How often long work is heard of. */
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress-line.ts';

/** What is written while work is told of once a second for so long. */
function heard(progress: 'auto' | 'plain' | 'none', seconds: number, isTTY = false): string {
  let text = '';
  let nowMs = 0;
  const stream = {
    isTTY,
    write: (more: string) => {
      text += more;
    },
  };
  using line = createProgress(progress, stream, () => nowMs);
  for (let second = 1; second <= seconds; second += 1) {
    nowMs = second * 1_000;
    line.show(`${second} of ${seconds}`);
  }
  return text;
}

describe('progress', () => {
  it('is a line every five seconds when that is wanted', () => {
    expect(heard('plain', 12)).toBe('5 of 12\n10 of 12\n');
  });

  it('is silent elsewhere, and for what does not take long', () => {
    expect(heard('auto', 12)).toBe('');
    expect(heard('none', 12)).toBe('');
    expect(heard('plain', 4)).toBe('');
  });
});
