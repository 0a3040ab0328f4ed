/**
 * Clients that log in: a NAS asks FreeRADIUS, reports start, life and end of what was accepted, and has its hooks called, as
 * a VPN server with RADIUS does. What is rejected is not connected.
 */
import type { Access, Client, ClientSession, Opened } from './client-session.ts';
import { type HookPlace, reportByHook } from './hook-access.ts';
import { type Attributes, type RadiusPlace, radclient } from './radclient.ts';

/** The NAS, and another one, from which a second device would like to come. */
const nas = { 'NAS-IP-Address': '192.0.2.1', 'NAS-Identifier': 'demo-nas' } as const;
const otherNas = { 'NAS-IP-Address': '192.0.2.2', 'NAS-Identifier': 'demo-other-nas' } as const;
const otherCaller = '203.0.113.200';

export function radiusAccess(radius: RadiusPlace, hook: HookPlace): Access {
  let sessions = 0;
  const report = async (session: ClientSession, status: string, more: Attributes = {}) => {
    const { client, id, holder } = session;
    await radclient(radius, 'acct', {
      ...identityOf(client),
      'Acct-Status-Type': status,
      'Acct-Session-Id': id,
      ...(holder === undefined ? {} : { Class: holder }),
      ...addressesOf(session),
      ...more,
    });
  };
  const open = async (client: Client): Promise<Opened> => {
    const { packet, values } = await radclient(radius, 'auth', loginOf(client, identityOf(client)));
    if (packet !== 'Access-Accept') return refusal(packet, values);
    sessions += 1;
    const session = {
      client,
      id: `${process.pid.toString(16)}-${Date.now().toString(16)}-${sessions}`,
      framedIp: values['Framed-IP-Address'] ?? client.framedIp,
      framedIpv6: values['Framed-IPv6-Address'] ?? client.framedIpv6,
      holder: values.Class,
      isRestricted: values['Filter-Id'] === 'holdfast-restricted',
      startedAt: Date.now(),
    };
    await report(session, 'Start');
    await reportByHook(hook, 'up', { ...session, user: client.user });
    return { kind: 'open', session };
  };
  return {
    describe: 'logins by FreeRADIUS, one session at a time for each; hooks',
    reset: async (clients) => {
      await radclient(radius, 'acct', {
        ...nas,
        'Acct-Status-Type': 'Accounting-On',
        'Acct-Session-Id': 'on',
      });
      for (const client of clients) await reportByHook(hook, 'down', client);
    },
    open,
    refresh: (session, bytes) => report(session, 'Interim-Update', used(session, bytes)),
    close: async (session, bytes) => {
      await report(session, 'Stop', { ...used(session, bytes), 'Acct-Terminate-Cause': 'User-Request' });
      await reportByHook(hook, 'down', { ...session, user: session.client.user });
    },
    intrude: async ({ client }) => {
      const from = { ...otherNas, 'User-Name': client.user, 'Calling-Station-Id': otherCaller };
      const { packet, values } = await radclient(radius, 'auth', loginOf(client, from));
      if (packet !== 'Access-Accept') return refusal(packet, values);
      // The first one has ended meanwhile, so this is no intruder: it leaves again.
      const session = { ...sessionOf(client), holder: values.Class };
      await radclient(radius, 'acct', {
        ...from,
        'Acct-Status-Type': 'Stop',
        'Acct-Session-Id': session.id,
        ...(values.Class === undefined ? {} : { Class: values.Class }),
      });
      return { kind: 'open', session };
    },
  };
}

function identityOf({ user, framedIp, framedIpv6 }: Client): Attributes {
  const last = (framedIp ?? framedIpv6 ?? '').split(/[.:]/).at(-1) ?? '';
  return { ...nas, 'User-Name': user, 'Calling-Station-Id': `203.0.113.${Number.parseInt(last, 16)}` };
}

function loginOf({ secret }: Client, identity: Attributes): Attributes {
  return { ...identity, 'User-Password': secret, 'Message-Authenticator': '0x00' };
}

function addressesOf({ framedIp, framedIpv6 }: ClientSession): Attributes {
  return {
    ...(framedIp === null ? {} : { 'Framed-IP-Address': framedIp }),
    ...(framedIpv6 === null ? {} : { 'Framed-IPv6-Address': framedIpv6 }),
  };
}

function used({ startedAt }: ClientSession, bytes: number): Attributes {
  return {
    'Acct-Session-Time': Math.round((Date.now() - startedAt) / 1_000),
    'Acct-Input-Octets': Math.round(bytes / 10),
    'Acct-Output-Octets': bytes,
  };
}

function sessionOf(client: Client): ClientSession {
  const { framedIp, framedIpv6 } = client;
  return {
    client,
    id: 'other',
    framedIp,
    framedIpv6,
    holder: undefined,
    isRestricted: false,
    startedAt: Date.now(),
  };
}

function refusal(packet: string | undefined, values: Readonly<Record<string, string>>): Opened {
  const because = packet === undefined ? 'nobody has answered' : (values['Reply-Message'] ?? packet);
  return { kind: 'refused', because };
}
