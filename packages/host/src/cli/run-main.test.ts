/** The edge: what goes wrong becomes a code, a line, a hint and an exit status, and never a stack. */
import { HoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type CommandDefinition, parseCommandLine } from './create-command.ts';
import { asHoldfastError, explain, runMain } from './run-main.ts';

describe('explain', () => {
  let stderr: MockInstance<typeof process.stderr.write>;
  beforeEach(() => {
    stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => stderr.mockRestore());
  const said = () => stderr.mock.calls.map(([text]) => String(text)).join('');

  it.each([
    [new HoldfastError('LOCK_BUSY', 'held', { cause: new Error('below') }), 75, 'LOCK_BUSY'],
    [new TypeError('x is not a function'), 70, 'INTERNAL'],
    ['thrown text', 70, 'INTERNAL'],
    [undefined, 70, 'INTERNAL'],
  ])('gives %o its status and says code and hint, without a stack', (error, exit, code) => {
    expect(explain(error)).toBe(exit);
    expect(said()).toContain(`[${code}]`);
    expect(said()).toMatch(/^hint: .+\.$/m);
    expect(said()).not.toMatch(/\n\s+at |\.ts:\d/);
  });

  it('lists problems, texts and records alike', () => {
    const problems = ['first', { table: 'customers', problem: 'second' }];
    expect(explain(new HoldfastError('TRUTH_INVALID', 'bad rows', { details: { problems } }))).toBe(65);
    expect(said().match(/^ {2}- /gm)).toHaveLength(2);
  });

  it('lists drift, the first 20 entries and how many more there are', () => {
    const drift = Array.from({ length: 23 }, (_, n) => ({
      layer: 'tc',
      object: `class 1:${n}`,
      expected: '5Mbit',
      actual: null,
    }));
    expect(explain(new HoldfastError('VERIFY_FAILED', 'it differs', { details: { drift } }))).toBe(74);
    expect(said()).toContain('  - tc class 1:19: wanted 5Mbit, found nothing\n  - … and 3 more\n');
    expect(said().match(/^ {2}- tc /gm)).toHaveLength(20);
  });

  it('lists short drift whole', () => {
    const drift = [{ layer: 'nft', object: 'table inet holdfast', expected: null, actual: 'intact' }];
    explain(new HoldfastError('VERIFY_FAILED', 'it differs', { details: { drift } }));
    expect(said()).toContain('  - nft table inet holdfast: wanted nothing, found intact\nhint: ');
    expect(said()).not.toContain('more');
  });

  it('keeps only the first line of a foreign message', () => {
    expect(asHoldfastError(new Error('first\n    at secret (file.ts:1:1)')).message).toBe('first');
  });
});

describe('runMain', () => {
  const listeners = () => ['SIGINT', 'SIGTERM'].map((name) => process.listenerCount(name));

  afterEach(() => {
    process.exitCode = undefined;
  });

  it('sets the status of main and takes its signal handlers away', async () => {
    const before = listeners();
    await runMain(async () => 2);
    expect(process.exitCode).toBe(2);
    expect(listeners()).toEqual(before);
  });

  it.each([
    ['during main', 'ENOSPC', 74, true],
    ['after main', 'ENOSPC', 74, false],
    ['during main', 'EPIPE', 2, true],
    ['after main', 'EPIPE', 2, false],
  ] as const)('ends stdout that fails %s with %s with status %d', async (_when, code, exit, isDuring) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const before = process.stdout.listeners('error');
    const fail = () => {
      const added = process.stdout.listeners('error').filter((listener) => !before.includes(listener));
      for (const listener of added) listener.call(process.stdout, Object.assign(new Error('x'), { code }));
    };
    await runMain(async () => {
      if (isDuring) fail();
      return 2;
    });
    if (!isDuring) fail();
    const said = stderr.mock.calls.length;
    stderr.mockRestore();
    expect({ exit: process.exitCode, said }).toEqual({ exit, said: code === 'EPIPE' ? 0 : 1 });
  });

  it.each([
    ['SIGINT', 130, 'CANCELLED'],
    ['SIGTERM', 143, 'TERMINATED'],
  ] as const)('turns %s into an abort and status %d', async (name, exit, code) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const done = runMain(async ({ signal }) => {
      process.emit(name, name);
      expect(signal.reason).toMatchObject({ code });
      throw signal.reason;
    });
    await done;
    stderr.mockRestore();
    expect(process.exitCode).toBe(exit);
  });
});

describe('parseCommandLine', () => {
  const definition: CommandDefinition = {
    name: 'vpn-policy-test',
    describe: 'tests',
    epilogue: 'exit 0',
    settings: {
      lockTimeout: { flag: '--lock-timeout', argument: 'D', describe: 'limit', parse: String, fallback: '' },
      force: { flag: '--force', describe: 'force', parse: Boolean, fallback: false, isPersistent: false },
    },
  };

  it('gives the text of what was given, and nothing else', () => {
    expect(parseCommandLine(definition, [])).toEqual({});
    expect(parseCommandLine(definition, ['--lock-timeout', '5s', '--force'])).toEqual({
      lockTimeout: '5s',
      force: 'true',
    });
    expect(parseCommandLine(definition, ['--lock-timeout='])).toEqual({ lockTimeout: '' });
    expect(parseCommandLine(definition, ['--lock-timeout', '1s', '--lock-timeout', '2s'])).toEqual({
      lockTimeout: '2s',
    });
  });

  it.each([
    ['an unknown flag', ['--lock-timout', '5s']],
    ['a missing argument', ['--lock-timeout']],
    ['a surplus word', ['now']],
    ['an argument to a switch', ['--force=yes']],
    ['an unknown short flag', ['-x']],
  ])('refuses %s with USAGE and one line', (_what, words) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      parseCommandLine(definition, words);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'USAGE', message: expect.not.stringContaining('\n') });
    }
    expect(stderr).not.toHaveBeenCalled();
    stderr.mockRestore();
  });

  it('answers --help on stdout and gives nothing back', () => {
    const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parseCommandLine(definition, ['--help'])).toBeUndefined();
    expect(stdout.mock.calls.map(([text]) => String(text)).join('')).toContain('--lock-timeout');
    stdout.mockRestore();
  });
});
