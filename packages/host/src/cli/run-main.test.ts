/** The edge: what goes wrong becomes a code, a line, a hint and an exit status, and never a stack. */
import { HoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type CommandDefinition, parseCommand, parseCommandLine } from './create-command.ts';
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

  it('sends no control character of a message or its details to the terminal', () => {
    const drift = [{ layer: 'nft', object: '\u001b[2J', expected: 'a\rb', actual: '\u202e' }];
    explain(new HoldfastError('LOCK_BUSY', 'held by \u001b]0;owned\u0007', { details: { drift } }));
    expect(said()).not.toMatch(/[^\P{C}\n]/u);
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

describe('signals that are taken', () => {
  it('go to the taker as often as they come, and to nobody else', async () => {
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
    const listeners = () => names.map((name) => process.listenerCount(name));
    const before = listeners();
    const taken: string[] = [];
    await runMain(async ({ signal, takeSignals }) => {
      {
        using _signals = takeSignals((name) => taken.push(name));
        for (const name of [...names, ...names]) process.emit(name, name);
      }
      expect(signal.aborted).toBe(false);
      process.emit('SIGINT', 'SIGINT');
      expect(signal.aborted).toBe(true);
      return 0;
    });
    process.exitCode = undefined;
    expect(taken).toEqual([...names, ...names]);
    expect(listeners()).toEqual(before);
  });
});

describe('parseCommand', () => {
  const definition: CommandDefinition = {
    name: 'holdfast lock test',
    describe: 'tests',
    epilogue: 'exit 0',
    operands: [{ name: 'scope', describe: 'name' }],
    runsProgram: true,
    settings: {
      close: { flag: '--close', short: '-o', describe: 'close', parse: Boolean, fallback: false },
      purpose: { flag: '--purpose', argument: 'text', describe: 'why', parse: String, fallback: '' },
    },
  };

  it.each([
    [['x', '--', 'cmd'], {}, ['cmd']],
    [
      ['-o', 'x', '--purpose', 'p', '--', 'cmd', '-o', '--', '--help'],
      { close: 'true', purpose: 'p' },
      ['cmd', '-o', '--', '--help'],
    ],
    [['--close', 'x', '--', 'cmd', ''], { close: 'true' }, ['cmd', '']],
  ])('of %j gives flags %j and program %j', (words, flags, program) => {
    expect(parseCommand(definition, words)).toEqual({ flags, operands: ['x'], program });
  });

  it.each([
    [[]],
    [['x']],
    [['x', '--']],
    [['x', '--', '']],
    [['--', 'cmd']],
    [['x', 'y', '--', 'cmd']],
    [['x', 'cmd']],
    [['-z', 'x', '--', 'cmd']],
  ])('refuses %j with USAGE', (words) => {
    expect(() => parseCommand(definition, words)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('takes -- for the end of flags where no program follows', () => {
    const plain = { ...definition, runsProgram: false };
    expect(parseCommand(plain, ['--', '-x'])).toEqual({ flags: {}, operands: ['-x'], program: [] });
  });

  it('shows operands and program in its usage', () => {
    const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parseCommand(definition, ['--help'])).toBeUndefined();
    const said = stdout.mock.calls.map(([text]) => String(text)).join('');
    stdout.mockRestore();
    expect(said).toContain('[options] <scope> -- <program> [argument...]');
    expect(said).toContain('-o, --close');
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
