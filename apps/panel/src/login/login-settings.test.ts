/** What an operator says of the login becomes what it does, or is refused by name. */
import { resolveSettings } from '@holdfast/host/config';
import { defaultLoginLimits } from '@holdfast/runtime-stores';
import { describe, expect, it } from 'vitest';
import { loginLimits, loginSettings } from './login-settings.ts';

const said = (flags: Readonly<Record<string, string>>) =>
  resolveSettings(
    loginSettings,
    { flags, environment: {}, file: { path: undefined, values: {} } },
    Object.keys(loginSettings),
  );

describe('the settings of the login', () => {
  it('are the usual limits where nobody says anything', () => {
    expect(loginLimits(said({}))).toEqual(defaultLoginLimits);
  });

  it('make room for many behind one address', () => {
    const limits = loginLimits(said({ loginNetworkLimit: '1000' }));
    expect(limits.ip).toMatchObject({ limit: 1_000, burst: 250 });
    expect(limits.accountIp).toMatchObject({ limit: 20, burst: 5 });
  });

  it.each(['3', '-5', '1e3', '10000000', 'many'])('do not take %s for a number', (loginNetworkLimit) => {
    expect(() => said({ loginNetworkLimit })).toThrow();
  });
});
