/**
 * What a suite needs from the machine. Where something is missing the suite is skipped and listed by name; with
 * `CI=true` nothing is skipped, so what is missing fails.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');

/** The daemon of strongSwan, which is in no PATH, and its ESP that needs no help of the kernel. */
const strongswan = [
  '/usr/lib/ipsec/charon',
  '/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so',
  '/dev/net/tun',
];

/** The modules of FreeRADIUS that Debian has in packages of their own. */
const freeradiusModules = ['/usr/lib/freeradius/rlm_rest.so', '/usr/lib/freeradius/rlm_sql_mysql.so'];

const needs = {
  root: () => process.geteuid?.() === 0,
  nft: () => isInstalled('nft') && isInstalled('tc') && isInstalled('ip'),
  script: () => isInstalled('script') && isInstalled('stty'),
  strace: () => isInstalled('strace'),
  bindfs: () => isInstalled('bindfs') && existsSync('/dev/fuse'),
  redis: () => isInstalled('redis-server') && isInstalled('setpriv'),
  mariadb: () => isInstalled('mariadbd'),
  freeradius: () =>
    isInstalled('freeradius') &&
    isInstalled('radclient') &&
    freeradiusModules.every((path) => existsSync(path)),
  openssl: () => isInstalled('openssl'),
  systemd: () => isInstalled('systemd-analyze') && isInstalled('systemd-notify'),
  unshare: () => isInstalled('unshare') && isInstalled('nsenter'),
  openvpn: () => isInstalled('openvpn') && existsSync('/dev/net/tun'),
  chromium: () => isInstalled('chromium-headless-shell') || isInstalled('chromium'),
  strongswan: () => isInstalled('swanctl') && strongswan.every((path) => existsSync(path)),
} as const;

export type Need = keyof typeof needs;

/** True when a suite with these needs has to be skipped. */
export function isMissing(...wanted: readonly Need[]): boolean {
  return process.env.CI !== 'true' && wanted.some((need) => !needs[need]());
}

function isInstalled(program: string): boolean {
  return pathOf(program) !== undefined;
}

/** Where a program is; undefined when it is not installed. */
export function pathOf(program: string): string | undefined {
  return path
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find((place) => existsSync(place));
}
