/** What an operator can say of the login: how much one network may try. */
import type { ResolvedSettings, Setting, SettingTable } from '@holdfast/host/config';
import { defaultLoginLimits, type LoginLimits } from '@holdfast/runtime-stores';

const { ip } = defaultLoginLimits;

export const loginSettings = {
  loginNetworkLimit: {
    flag: '--login-network-limit',
    argument: 'n',
    describe: `attempts to log in that one address may make in an hour, a quarter of them at once (default: ${ip.limit})`,
    parse: wholeNumber,
    fallback: ip.limit,
  } as Setting<number>,
} satisfies SettingTable;

/** @returns what `Logins` takes of them */
export function loginLimits({ loginNetworkLimit }: ResolvedSettings<typeof loginSettings>): LoginLimits {
  const limit = loginNetworkLimit.value;
  return { ...defaultLoginLimits, ip: { ...ip, limit, burst: Math.ceil(limit / 4) } };
}

function wholeNumber(written: string): number {
  const count = /^\d{1,7}$/.test(written) ? Number(written) : 0;
  if (count >= 4) return count;
  throw new Error(`"${written.slice(0, 40)}" is no whole number from 4 to 9999999`);
}
