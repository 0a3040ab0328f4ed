/** How long to wait, who decided it, and what is said about it. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { type LockTimeout, longWaitWarning, namingLimit, resolveLockTimeout } from './lock-timeout.ts';

const fallbackMs = 30_000;
const file = { path: '/etc/x.json', values: { lockTimeout: '3s' } };
const environment = { HOLDFAST_LOCK_TIMEOUT: '2s' };

describe('a wait limit', () => {
  it.each([
    [{ flag: '1s', environment, file }, 1_000, 'flag', '--lock-timeout'],
    [{ environment, file }, 2_000, 'environment', 'HOLDFAST_LOCK_TIMEOUT'],
    [{ environment: {}, file }, 3_000, 'config file', 'lockTimeout in /etc/x.json'],
    [{ environment: { HOLDFAST_LOCK_TIMEOUT: '' } }, 30_000, 'default', '--lock-timeout'],
    [{ flag: '0', environment: {} }, 0, 'flag', '--lock-timeout'],
    [{ flag: 'infinite', environment: {} }, Number.POSITIVE_INFINITY, 'flag', '--lock-timeout'],
  ] as const)('of %j is %d ms, from the %s', (given, waitMs, source, name) => {
    expect(resolveLockTimeout({ fallbackMs, ...given })).toEqual({ waitMs, source, name });
  });

  it.each([
    [{ flag: '30s', environment: {} }, 'flag'],
    [{ environment: { HOLDFAST_LOCK_TIMEOUT: '30s' } }, 'environment'],
    [{ environment: {}, file: { ...file, values: { lockTimeout: '30s' } } }, 'config file'],
  ] as const)('that equals the default keeps its provenance: %j', (given, source) => {
    expect(resolveLockTimeout({ fallbackMs, ...given })).toMatchObject({ waitMs: 30_000, source });
  });

  it('may have names of another program', () => {
    const own = { fallbackMs, name: '--wait', variable: 'BACKUP_WAIT' };
    expect(resolveLockTimeout({ ...own, environment: { BACKUP_WAIT: '1s', ...environment } })).toEqual({
      waitMs: 1_000,
      source: 'environment',
      name: 'BACKUP_WAIT',
    });
    expect(resolveLockTimeout({ ...own, environment, file })).toMatchObject({
      source: 'default',
      name: '--wait',
    });
  });

  it.each([
    [{ flag: '30', environment: {} }, 'DURATION_INVALID', '--lock-timeout'],
    [{ flag: '-1s', environment: {} }, 'DURATION_INVALID', '--lock-timeout'],
    [{ flag: '', environment: {} }, 'DURATION_INVALID', '--lock-timeout'],
    [{ environment: { HOLDFAST_LOCK_TIMEOUT: 'soon' } }, 'CONFIG_INVALID', 'HOLDFAST_LOCK_TIMEOUT'],
    [
      { environment: {}, file: { ...file, values: { lockTimeout: null } } },
      'CONFIG_INVALID',
      'lockTimeout in /etc/x.json',
    ],
  ] as const)('that cannot be read is refused with its name: %j', (given, code, name) => {
    expect(() => resolveLockTimeout({ fallbackMs, ...given })).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ name }) }),
    );
  });
});

const hourMs = 3_600_000;
const byVariable = (waitMs: number): LockTimeout => ({
  waitMs,
  source: 'environment',
  name: 'HOLDFAST_LOCK_TIMEOUT',
});
const byFlag = (waitMs: number): LockTimeout => ({ waitMs, source: 'flag', name: '--lock-timeout' });

describe('the warning of a long wait', () => {
  it('names the setting that decided, and the flag that overrules it', () => {
    expect(longWaitWarning(byVariable(2 * hourMs))).toMatch(/2h.*HOLDFAST_LOCK_TIMEOUT.*--lock-timeout/);
    expect(longWaitWarning(byFlag(hourMs + 1))).toContain('--lock-timeout');
    expect(longWaitWarning(byVariable(Number.POSITIVE_INFINITY))).toContain('without limit');
  });

  it.each([byFlag(hourMs), byVariable(hourMs), byFlag(0), byFlag(Number.POSITIVE_INFINITY)])(
    'is not given for %j',
    (limit) => {
      expect(longWaitWarning(limit)).toBeUndefined();
    },
  );
});

describe('LOCK_BUSY', () => {
  const busy = new HoldfastError('LOCK_BUSY', 'policy:gw1 is held', { details: { scope: 'policy:gw1' } });

  it('names who decided the limit and how to change it', () => {
    const named = namingLimit(busy, byVariable(5_000)) as HoldfastError;
    expect(named).toMatchObject({ code: 'LOCK_BUSY', cause: busy });
    expect(named.details).toEqual({ scope: 'policy:gw1', limit: byVariable(5_000) });
    expect(named.message).toMatch(/^policy:gw1 is held; .*5s.*HOLDFAST_LOCK_TIMEOUT.*--lock-timeout/);
  });

  it('says of a default that it is one', () => {
    const limit = { waitMs: fallbackMs, source: 'default', name: '--lock-timeout' } as const;
    expect((namingLimit(busy, limit) as HoldfastError).message).toContain('the default of --lock-timeout');
  });

  it('is the only failure that a limit decides', () => {
    const lost = new HoldfastError('LOCK_LOST', 'gone');
    expect(namingLimit(lost, byFlag(0))).toBe(lost);
    expect(namingLimit('text', byFlag(0))).toBe('text');
  });
});
