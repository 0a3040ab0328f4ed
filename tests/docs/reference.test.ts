/** `docs/reference.md` shows what the commands of this checkout print with `--help`, and which metrics there are. */
import { describe, expect, it } from 'vitest';
import { generatedPart, regenerate } from './generated-part.ts';
import { referencePart } from './reference-part.ts';

const writer = 'write-reference.ts';

describe('docs/reference.md', () => {
  it('shows the help of every command as it is printed, and the table of metrics', async () => {
    expect(generatedPart('docs/reference.md', writer).part(), regenerate(writer)).toBe(await referencePart());
  });
});
