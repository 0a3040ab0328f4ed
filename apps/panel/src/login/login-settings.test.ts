/** What an operator says of the login becomes what it does, or is refused by name. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../tests/support/temporary-directory.ts';
import { loginOptions, loginSettings } from './login-settings.ts';

const said = (flags: Readonly<Record<string, string>>) =>
  resolveSettings(
    loginSettings,
    { flags, environment: {}, file: { path: undefined, values: {} } },
    Object.keys(loginSettings),
  );

describe('the settings of the login', () => {
  it('are our own CAPTCHA and the usual limits where nobody says anything', async () => {
    const { captcha, limits } = await loginOptions(said({}));
    expect(captcha).toBeUndefined();
    expect(limits?.ip).toMatchObject({ limit: 120, burst: 30 });
  });

  it('make room for many behind one address', async () => {
    const { limits } = await loginOptions(said({ loginNetworkLimit: '1000' }));
    expect(limits?.ip).toMatchObject({ limit: 1_000, burst: 250 });
    expect(limits?.accountIp).toMatchObject({ limit: 20, burst: 5 });
  });

  it('name a service with all that it needs', async () => {
    await using directory = await temporaryDirectory();
    const captchaSecretFile = join(directory.path, 'turnstile.secret');
    await writeFile(captchaSecretFile, 'the secret of the service\n');
    const { captcha } = await loginOptions(
      said({
        captcha: 'turnstile',
        captchaSiteKey: 'key',
        captchaSecretFile,
        captchaHostnames: 'a.example, b.example',
      }),
    );
    expect(captcha?.provider).toMatchObject({ kind: 'remote', name: 'turnstile' });
    expect(await captcha?.offer(0)).toEqual({ provider: 'turnstile', siteKey: 'key' });
  });

  it.each([
    [{ captcha: 'hcaptcha' }, 'CONFIG_INVALID'],
    [{ captcha: 'hcaptcha', captchaSiteKey: 'key', captchaHostnames: 'a.example' }, 'CONFIG_INVALID'],
    [
      {
        captcha: 'hcaptcha',
        captchaSiteKey: 'key',
        captchaHostnames: 'a.example',
        captchaSecretFile: '/nowhere',
      },
      'READ_FAILED',
    ],
  ])('%j are refused', async (flags, code) => {
    await expect(loginOptions(said(flags))).rejects.toMatchObject({ code });
  });

  it.each([{ captcha: 'picture' }, { loginNetworkLimit: '3' }, { captchaHostnames: 'a.example,,' }])(
    '%j is no value',
    (flags) => {
      expect(() => said(flags as Record<string, string>)).toThrow();
    },
  );
});
