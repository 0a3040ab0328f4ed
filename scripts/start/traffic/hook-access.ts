/**
 * Clients that nobody admits: `vpn-policy-hook` reports who is there, as a VPN daemon without RADIUS calls it. The end of a
 * session is told with its addresses, so that one that RADIUS had admitted in an earlier run ends by it too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Access, Client, ClientSession } from './client-session.ts';

export interface HookPlace {
  readonly script: string;
  readonly spool: string;
}

/** The name of a client's session: a client of the demo has one at a time, and hooks tell by the time which. */
const sessionName = 'demo';

export function hookAccess(place: HookPlace): Access {
  return {
    describe: 'hooks report who is there',
    reset: async (clients) => {
      for (const client of clients) await reportByHook(place, 'down', client);
    },
    open: async (client) => {
      await reportByHook(place, 'up', client);
      return { kind: 'open', session: sessionOf(client) };
    },
    refresh: async () => undefined,
    close: async ({ client }) => reportByHook(place, 'down', client),
    intrude: undefined,
  };
}

function sessionOf(client: Client): ClientSession {
  const { framedIp, framedIpv6 } = client;
  const id = sessionName;
  return { client, id, framedIp, framedIpv6, holder: undefined, isRestricted: false, startedAt: Date.now() };
}

/** Resolves when the event is in the spool, or, as everything that calls a hook has to expect, is not. */
export async function reportByHook(
  { script, spool }: HookPlace,
  verb: 'up' | 'down',
  { user, framedIp, framedIpv6 }: Pick<Client, 'user' | 'framedIp' | 'framedIpv6'>,
): Promise<void> {
  const addresses = [
    ...(framedIp === null ? [] : [`framed_ip=${framedIp}`]),
    ...(framedIpv6 === null ? [] : [`framed_ipv6=${framedIpv6}`]),
  ];
  const names = [`user=${user}`, `session=${sessionName}`];
  const child = spawn(script, ['--spool', spool, 'event', verb, ...names, ...addresses], {
    stdio: 'ignore',
    env: {},
  });
  await once(child, 'exit');
}
