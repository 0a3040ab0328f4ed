/** Two readers of one command line: what the quick one answers, the parser answers too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { type CommandDefinition, parseCommandLine } from './create-command.ts';
import { plainFlags } from './plain-flags.ts';

const text = { parse: (value: string) => value, fallback: '' };
const definition: CommandDefinition = {
  name: 'try',
  describe: 'tries',
  settings: {
    lockTimeout: { ...text, flag: '--lock-timeout', argument: 'duration', describe: 'a limit' },
    output: { ...text, flag: '--output', short: '-o', argument: 'file', describe: 'a file' },
    dryRun: { ...text, flag: '--dry-run', describe: 'a switch' },
    noCheck: { ...text, flag: '--no-check', describe: 'a switch that takes another back' },
  },
  epilogue: '',
};

describe('plainFlags', () => {
  it('reads long flags and their arguments', () => {
    expect(plainFlags(definition, ['--lock-timeout', '5s', '--dry-run'])).toEqual({
      lockTimeout: '5s',
      dryRun: 'true',
    });
    expect(plainFlags(definition, [])).toEqual({});
  });

  it.each([
    [['--help']],
    [['-o', 'x']],
    [['--lock-timeout']],
    [['--lock-timeout=5s']],
    [['--lock-timeout', '--dry-run']],
    [['--dry-run', '--dry-run']],
    [['--no-check']],
    [['--unknown']],
    [['word']],
    [['--']],
  ])('leaves %j to the parser', (words) => {
    expect(plainFlags(definition, words)).toBeUndefined();
  });

  it('leaves a command with operands, or with a program to run, to the parser', () => {
    const operands = [{ name: 'scope', describe: 'what' }];
    expect(plainFlags({ ...definition, operands }, ['--dry-run'])).toBeUndefined();
    expect(plainFlags({ ...definition, runsProgram: true }, ['--dry-run'])).toBeUndefined();
  });

  it('never answers otherwise than the parser', () => {
    const words = fc.constantFrom(
      '--lock-timeout',
      '--output',
      '--dry-run',
      '--no-check',
      '-o',
      '--',
      '5s',
      '',
      '-1',
    );
    let answered = 0;
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), (line) => {
        const flags = plainFlags(definition, line);
        if (flags === undefined) return;
        answered += 1;
        expect(flags).toEqual(parseCommandLine(definition, line));
      }),
      { numRuns: randomRuns(500) },
    );
    expect(answered).toBeGreaterThan(5);
  });
});
