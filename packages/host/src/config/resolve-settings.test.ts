/** flag > environment > file > default, with the name of who decided. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDuration } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfigFile } from './config-file.ts';
import { resolveSettings, type SettingSources } from './resolve-settings.ts';
import { keyOf, type Setting, variableOf } from './setting.ts';
import { defaultStateDirectory } from './state-directory.ts';

const table = {
  lockTimeout: {
    flag: '--lock-timeout',
    argument: 'D',
    describe: 'how long to wait',
    parse: parseDuration,
    fallback: 30_000,
  },
  force: {
    flag: '--force',
    describe: 'do it',
    parse: (text: string) => text === 'true',
    fallback: false,
    isPersistent: false,
  },
} satisfies Record<string, Setting<unknown>>;

const file = (values: Readonly<Record<string, unknown>>) => ({ path: '/etc/x.json', values });
const sources = (facts: Partial<SettingSources>): SettingSources => ({
  flags: {},
  environment: {},
  file: { path: undefined, values: {} },
  ...facts,
});

describe('a setting', () => {
  it('takes its names from its flag', () => {
    expect(variableOf('--lock-timeout')).toBe('HOLDFAST_LOCK_TIMEOUT');
    expect(keyOf('--lock-timeout')).toBe('lockTimeout');
  });

  const flags = { lockTimeout: '1s' };
  const environment = { HOLDFAST_LOCK_TIMEOUT: '2s' };
  const inFile = file({ lockTimeout: '3s' });

  it.each([
    ['flag', { flags, environment, file: inFile }, 1_000, '--lock-timeout'],
    ['environment', { environment, file: inFile }, 2_000, 'HOLDFAST_LOCK_TIMEOUT'],
    ['config file', { file: inFile }, 3_000, 'lockTimeout in /etc/x.json'],
    ['default', {}, 30_000, '--lock-timeout'],
    [
      'config file',
      { environment: { HOLDFAST_LOCK_TIMEOUT: '' }, file: inFile },
      3_000,
      'lockTimeout in /etc/x.json',
    ],
  ] as const)('is decided by the %s', (source, given, value, name) => {
    expect(resolveSettings(table, sources(given)).lockTimeout).toEqual({ value, source, name });
  });

  it.each([0, 5, null, [], {}])(
    'that is %j in the file is refused where a duration is expected, but 0',
    (value) => {
      const resolve = () => resolveSettings(table, sources({ file: file({ lockTimeout: value }) }));
      if (value === 0) expect(resolve().lockTimeout.value).toBe(0);
      else expect(resolve).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );

  it.each([
    ['a flag', { flags: { lockTimeout: 'soon' } }, 'DURATION_INVALID', '--lock-timeout'],
    [
      'a variable',
      { environment: { HOLDFAST_LOCK_TIMEOUT: 'soon' } },
      'CONFIG_INVALID',
      'HOLDFAST_LOCK_TIMEOUT',
    ],
    ['a key', { file: file({ lockTimeout: 'soon' }) }, 'CONFIG_INVALID', 'lockTimeout in /etc/x.json'],
  ] as const)('that cannot be read is refused with the name of %s', (_what, given, code, name) => {
    expect(() => resolveSettings(table, sources(given))).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ name }) }),
    );
  });

  it('that makes sense for one call only is heard as a flag only', () => {
    const resolve = (given: Partial<SettingSources>) => resolveSettings(table, sources(given)).force.value;
    expect(resolve({ flags: { force: 'true' } })).toBe(true);
    expect(resolve({ environment: { HOLDFAST_FORCE: 'true' } })).toBe(false);
    expect(() => resolve({ file: file({ force: true }) })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: expect.objectContaining({ unknown: ['force'] }),
      }),
    );
  });

  it.each(['lockTimeOut', 'lock-timeout', '__proto__', 'constructor', ''])(
    'that nobody has is refused: %j',
    (key) => {
      const values = JSON.parse(`{${JSON.stringify(key)}: "1s"}`);
      expect(() => resolveSettings(table, sources({ file: file(values) }))).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          details: expect.objectContaining({ unknown: [key] }),
        }),
      );
    },
  );

  it('may stand beside those of other commands, which are not read', () => {
    const given = sources({ file: file({ interval: {}, lockTimeout: '3s' }) });
    expect(Object.keys(resolveSettings(table, given, ['interval']))).toEqual(['lockTimeout', 'force']);
    expect(() => resolveSettings(table, given, ['intervall'])).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('may stand beside a $schema', () => {
    const values = { $schema: './schema.json', lockTimeout: '3s' };
    expect(resolveSettings(table, sources({ file: file(values) })).lockTimeout.value).toBe(3_000);
  });
});

describe('the configuration file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const read = (named?: string) => readConfigFile({ named, stateDir: directory });
  const write = (text: string, name = 'holdfast.config.json') => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  it('is the one of the state directory unless another is named', () => {
    const own = write('{"a": 1}');
    const other = write('{"b": 2}', 'other.json');
    expect(read()).toEqual({ path: own, values: { a: 1 } });
    expect(read(other)).toEqual({ path: other, values: { b: 2 } });
  });

  it('that is named must exist', () => {
    expect(() => read(join(directory, 'nothing.json'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it.each(['', '{', '[]', '"x"', 'null', '1', '{"a": 1,}'])('with the text %j is refused', (text) => {
    write(text);
    expect(() => read()).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it.each(['hunter2', '{"database": hunter2}', '{"database": "mysql://root:hunter2@db/x" "oops"}'])(
    'that is broken leaks nothing of its content, in text, details or cause: %s',
    (text) => {
      write(text);
      try {
        read();
        expect.unreachable();
      } catch (error) {
        const { message, details, cause, stack } = error as Error & { details: unknown };
        expect(JSON.stringify([message, details, String(cause), stack])).not.toContain('hunter2');
      }
    },
  );

  it('of exactly 1 MiB is read, and one byte more is refused', () => {
    write(`{"a": 1${' '.repeat(2 ** 20 - 8)}}`);
    expect(read().values).toEqual({ a: 1 });
    write(`{"a": 1${' '.repeat(2 ** 20 - 7)}}`);
    expect(() => read()).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('may be a link to a regular file', () => {
    symlinkSync(write('{"a": 1}', 'other.json'), join(directory, 'holdfast.config.json'));
    expect(read().values).toEqual({ a: 1 });
  });

  it.each(['/dev/zero', '/dev/null'])('that is the device %s is refused', (device) => {
    expect(() => read(device)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('in a state directory with a path that is too long is the fault of the directory', () => {
    const stateDir = `/${'d'.repeat(200)}`.repeat(25);
    expect(() => readConfigFile({ named: undefined, stateDir })).toThrow(
      expect.objectContaining({ code: 'STATE_DIRECTORY' }),
    );
    expect(() => read(stateDir)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('that is a directory is refused', () => {
    mkdirSync(join(directory, 'holdfast.config.json'));
    expect(() => read()).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('the state directory', () => {
  it('follows the user: root has one place, others their own', () => {
    const isRoot = process.geteuid?.() === 0;
    const own = defaultStateDirectory({ XDG_STATE_HOME: '/state' });
    expect(own).toBe(isRoot ? '/var/lib/holdfast' : '/state/holdfast');
    expect(defaultStateDirectory({ XDG_STATE_HOME: 'relative' })).toMatch(/^\/.*holdfast$/);
  });
});
