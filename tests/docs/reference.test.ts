/** `docs/reference.md` shows what the commands of this checkout print with `--help`. */
import { describe, expect, it } from 'vitest';
import { commandHelp } from './command-help.ts';
import { generatedPart, regenerate } from './generated-part.ts';

const writer = 'write-reference.ts';

describe('docs/reference.md', () => {
  it('shows the help of every command as it is printed', async () => {
    expect(generatedPart('docs/reference.md', writer).part(), regenerate(writer)).toBe(await commandHelp());
  });
});
