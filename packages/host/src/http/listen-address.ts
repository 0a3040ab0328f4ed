/**
 * `--listen`: where a daemon answers. `HOST:PORT` (an IPv6 address in brackets, port 0 for any free one), `unix:PATH`, or
 * `none`. Loads nothing, because it is read before a command knows whether it will listen at all.
 */
import type { Setting } from '../config/index.ts';

export type ListenAddress =
  | { readonly kind: 'none' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * The setting of a daemon. A flag only: one configuration file serves every daemon of a machine, and of two that are told
 * the same address one does not start.
 *
 * @param fallback - address in the same form; whoever is not asked for it may go without when it is taken
 */
export function listen(fallback: string, what: string): Setting<ListenAddress> {
  return {
    flag: '--listen',
    argument: 'address',
    describe: `where to answer ${what}: HOST:PORT, unix:PATH or none (default: ${fallback})`,
    parse: parseListenAddress,
    fallback: parseListenAddress(fallback),
    isPersistent: false,
  };
}

/** @throws Error - what is wrong with the text */
export function parseListenAddress(text: string): ListenAddress {
  if (text === 'none') return { kind: 'none' };
  if (text.startsWith('unix:')) return unixAddress(text.slice('unix:'.length));
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { kind: 'tcp', host, port };
  throw new Error(`"${text.slice(0, 80)}" is neither HOST:PORT nor unix:PATH nor none`);
}

/** As it is typed; in front of a path of HTTP for a TCP address. */
export function listenUrl(address: Exclude<ListenAddress, { kind: 'none' }>): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const { host, port } = address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The kernel takes 107 bytes, and silently fewer from some callers. */
const longestPath = 100;

function unixAddress(path: string): ListenAddress {
  if (path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) <= longestPath) {
    return { kind: 'unix', path };
  }
  throw new Error(`"unix:${path.slice(0, 80)}" is no absolute path of at most ${longestPath} bytes`);
}
