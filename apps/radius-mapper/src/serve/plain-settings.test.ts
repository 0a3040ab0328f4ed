/** The settings of a mapper: what follows from others, and what is refused. */
import { loadSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { mapperSettings } from '../mapper-command.ts';
import { plainSettings } from './plain-settings.ts';

const settingsOf = (flags: Readonly<Record<string, string>>) =>
  plainSettings(loadSettings(mapperSettings, { stateDir: '/nonexistent', ...flags }));

describe('the settings of a mapper', () => {
  it('have defaults', () => {
    expect(settingsOf({})).toMatchObject({
      pendingLeaseMs: 90_000,
      sessionLeaseMs: 900_000,
      interimMs: 300_000,
      sessionTimeoutMs: undefined,
      restrictedTimeoutMs: undefined,
      clientTimeoutMs: 1_500,
      loginQueue: 1_024,
      lockBackend: 'auto',
    });
  });

  it.each([
    [{ interim: '10m' }, 1_800_000],
    [{ interim: '60s' }, 600_000],
    [{ interim: '10m', sessionLease: '5s' }, 5_000],
  ])('let a session live as long as %j says', (flags, sessionLeaseMs) => {
    expect(settingsOf(flags)).toMatchObject({ sessionLeaseMs });
  });

  it.each([
    { interim: '59s' },
    { pendingLease: '2h' },
    { sessionLease: 'infinite' },
    { sessionTimeout: '0' },
    { clientTimeout: '10ms' },
    { loginQueue: '1e3' },
    { logLevel: 'trace' },
  ])('refuse %j', (flags) => {
    expect(() => settingsOf(flags)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
