/** The command line of the panel itself. */
import { fileURLToPath } from 'node:url';
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  lockBackend,
  nonEmpty,
  oneOf,
  placeSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import { type ListenAddress, listen, parseListenAddress } from '@holdfast/host/listen';
import type { LogLevel } from '@holdfast/host/log';
import { parseReconcileAddress, type ReconcileAddress } from '../gateway/reconcile-address.ts';
import { loginSettings } from '../login/login-settings.ts';
import { noProxies, parseTrustedProxies, type TrustedProxies } from './address-range.ts';

type Place = Exclude<ListenAddress, { readonly kind: 'none' }>;

const defaultPlace = '127.0.0.1:8080';
const statusPlace = '127.0.0.1:8084';
const reconcilePlace = 'http://127.0.0.1:8082';

export const panelSettings = {
  ...placeSettings,
  listen: {
    ...listen(defaultPlace, ''),
    describe: `where to answer browsers: HOST:PORT or unix:PATH (default: ${defaultPlace})`,
    parse: somewhere,
    fallback: somewhere(defaultPlace),
  } as Setting<Place>,
  statusListen: {
    ...listen(statusPlace, '/healthz, /readyz and /metrics'),
    flag: '--status-listen',
  },
  tlsCertificate: file('--tls-certificate', 'answer over TLS, with this certificate chain (PEM)'),
  tlsKey: file('--tls-key', 'the private key of the certificate (PEM)'),
  secureCookies: {
    flag: '--secure-cookies',
    argument: 'when',
    describe: 'auto (with --tls-certificate, the default) or always: a proxy in front ends TLS',
    parse: oneOf('auto', 'always'),
    fallback: 'auto',
  } as Setting<'auto' | 'always'>,
  trustProxy: {
    flag: '--trust-proxy',
    argument: 'ranges',
    describe:
      'whose X-Forwarded-For counts: addresses, ranges and unix, separated by commas (default: nobody)',
    parse: parseTrustedProxies,
    fallback: noProxies,
  } as Setting<TrustedProxies>,
  maxConnections: {
    flag: '--max-connections',
    argument: 'n',
    describe: 'connections at once; half of them may be streams of events (default: 1024)',
    parse: connectionCount,
    fallback: 1_024,
  } as Setting<number>,
  secretFile: file(
    '--secret-file',
    'what access tokens are signed with (default: panel.secret in the state directory, made when missing)',
  ),
  ...loginSettings,
  reconcile: {
    flag: '--reconcile',
    argument: 'url',
    describe: `where the daemon of the gateway answers: http://HOST:PORT or unix:PATH (default: ${reconcilePlace})`,
    parse: parseReconcileAddress,
    fallback: parseReconcileAddress(reconcilePlace),
  } as Setting<ReconcileAddress>,
  gatewayStateDir: file(
    '--gateway-state-dir',
    'state directory of the daemon of the gateway, for its runs and lock (default: --state-dir)',
    'dir',
  ),
  site: file('--site', 'directory of the pages (default: those that were built with this program)', 'dir'),
  lockBackend,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug (every request), info (the default: changes and refusals), warn, error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
  } as Setting<LogLevel>,
} satisfies SettingTable;

export const panelCommand: CommandDefinition = {
  name: 'vpn-panel',
  describe: 'Serve the panel: its API, its events and its pages.',
  settings: panelSettings,
  epilogue: `Commands:
  vpn-panel [serve]         what this help is about
  vpn-panel admin create    let somebody administer through the panel
  vpn-panel admin list      who does
  vpn-panel admin password  give an admin a new password
  vpn-panel admin disable   keep an admin out
  vpn-panel admin enable    let an admin in again
Each tells its options with --help.

Exit status:
  0    asked to stop, and what was under way has been answered
  64   usage            69  an address cannot be used, or the database was replaced
  73   state directory  74  the secret cannot be read or written
  77   not permitted    78  configuration, or a schema that does not fit
  130  interrupted twice, 143 terminated twice

Examples:
  HOLDFAST_DATABASE="$(cat /etc/holdfast/database-url)" vpn-panel --trust-proxy 127.0.0.1 --secure-cookies always
  vpn-panel --listen '[::]:443' --tls-certificate /etc/holdfast/panel.pem --tls-key /etc/holdfast/panel.key`,
};

/** Beside the program, whether it runs from its sources or as a bundle. */
export const builtSite = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../site' : '../../dist/site', import.meta.url),
);

function file(flag: string, describe: string, argument = 'file'): Setting<string | undefined> {
  return { flag, argument, describe, parse: nonEmpty, fallback: undefined };
}

function connectionCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 16 && count <= 100_000) return count;
  throw new Error(`"${text.slice(0, 40)}" is no whole number from 16 to 100000`);
}

function somewhere(text: string): Place {
  const address = parseListenAddress(text);
  if (address.kind === 'none') throw new Error('a panel that listens nowhere is of no use');
  return address;
}
