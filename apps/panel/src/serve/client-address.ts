/**
 * Where a request comes from, for the limits of logins. A header says it only where the peer is a proxy that the operator has
 * named; what is left of the first address that is no such proxy was written by whoever sent it, and is not looked at.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { PanelEnv } from '../app/panel-env.ts';
import { plainAddress, type TrustedProxies } from './address-range.ts';

/** Who comes over a Unix socket is of this machine. */
const ownMachine = '127.0.0.1';
/** Proxies in a row; more are somebody's play with the header. */
const mostHops = 32;

export function clientAddress(proxies: TrustedProxies): (request: Context<PanelEnv>) => string {
  return (request) => addressOf(proxies, peerOf(request), request.req.header('x-forwarded-for'));
}

/**
 * @param peer - undefined for a Unix socket
 * @param forwarded - `X-Forwarded-For`, all of its headers joined
 */
export function addressOf(
  proxies: TrustedProxies,
  peer: string | undefined,
  forwarded: string | undefined,
): string {
  let client = peer === undefined ? undefined : (plainAddress(peer) ?? peer);
  if (forwarded === undefined) return client ?? ownMachine;
  for (const hop of forwarded.split(',').slice(-mostHops).toReversed()) {
    if (!proxies.trusts(client)) break;
    const next = plainAddress(withoutPort(hop.trim()));
    if (next === undefined) break;
    client = next;
  }
  return client ?? ownMachine;
}

function peerOf({ env }: Context<PanelEnv>): string | undefined {
  const { incoming } = (env ?? {}) as { readonly incoming?: IncomingMessage };
  return incoming?.socket.remoteAddress;
}

/** Some proxies write the port behind the address, and brackets around that of IPv6. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^"?(?:\[([^\]]*)\](?::\d+)?|([^:]*):\d+)"?$/.exec(hop) ?? [];
  return bracketed ?? plain ?? hop;
}
