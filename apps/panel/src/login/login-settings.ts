/** What an operator can say of the login: which CAPTCHA it asks for, and how much one network may try. */
import { readFile } from 'node:fs/promises';
import { errnoOf, HoldfastError } from '@holdfast/base';
import {
  nonEmpty,
  oneOf,
  type ResolvedSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import { defaultLoginLimits } from '@holdfast/runtime-stores';
import { type CaptchaService, type LoginCaptcha, serviceCaptcha } from './login-captcha.ts';
import type { LoginsOptions } from './logins.ts';

const { ip } = defaultLoginLimits;

export const loginSettings = {
  captcha: {
    flag: '--captcha',
    argument: 'kind',
    describe: 'altcha (the default, asks nobody), or the service turnstile, hcaptcha or recaptcha',
    parse: oneOf('altcha', 'turnstile', 'hcaptcha', 'recaptcha'),
    fallback: 'altcha',
  } as Setting<'altcha' | CaptchaService>,
  captchaSiteKey: text('--captcha-site-key', 'key', 'the key of the service that pages show'),
  captchaSecretFile: text('--captcha-secret-file', 'file', 'the secret of the service, one line'),
  captchaHostnames: {
    flag: '--captcha-hostnames',
    argument: 'names',
    describe: 'on which hosts the page of the login is, separated by commas',
    parse: (names) => names.split(',').map((name) => nonEmpty(name.trim())),
    fallback: [],
  } as Setting<readonly string[]>,
  loginNetworkLimit: {
    flag: '--login-network-limit',
    argument: 'n',
    describe: `attempts to log in that one address may make in an hour, a quarter of them at once (default: ${ip.limit})`,
    parse: wholeNumber,
    fallback: ip.limit,
  } as Setting<number>,
} satisfies SettingTable;

type Said = ResolvedSettings<typeof loginSettings>;

/**
 * @returns what `Logins` takes of them
 * @throws HoldfastError CONFIG_INVALID - a service without its key, secret or hosts
 * @throws HoldfastError READ_FAILED - the file of the secret
 */
export async function loginOptions(said: Said): Promise<Pick<LoginsOptions, 'captcha' | 'limits'>> {
  const limit = said.loginNetworkLimit.value;
  const limits = { ...defaultLoginLimits, ip: { ...ip, limit, burst: Math.ceil(limit / 4) } };
  const captcha = await chosenCaptcha(said);
  return { limits, ...(captcha && { captcha }) };
}

/** @returns undefined for our own */
async function chosenCaptcha(said: Said): Promise<LoginCaptcha | undefined> {
  const { captcha, captchaSiteKey, captchaSecretFile, captchaHostnames } = said;
  if (captcha.value === 'altcha') return undefined;
  const [siteKey, secretFile] = [captchaSiteKey.value, captchaSecretFile.value];
  if (siteKey === undefined || secretFile === undefined || captchaHostnames.value.length === 0)
    throw new HoldfastError(
      'CONFIG_INVALID',
      `${captcha.name} ${captcha.value} needs --captcha-site-key, --captcha-secret-file and --captcha-hostnames`,
    );
  const secret = await readLine(secretFile);
  return serviceCaptcha(captcha.value, { siteKey, secret, hostnames: captchaHostnames.value });
}

async function readLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new HoldfastError('READ_FAILED', `${path} cannot be read (${errno})`, { cause, details: { path } });
  }
}

function text(flag: string, argument: string, describe: string): Setting<string | undefined> {
  return { flag, argument, describe, parse: nonEmpty, fallback: undefined };
}

function wholeNumber(written: string): number {
  const count = /^\d{1,7}$/.test(written) ? Number(written) : 0;
  if (count >= 4) return count;
  throw new Error(`"${written.slice(0, 40)}" is no whole number from 4 to 9999999`);
}
