/**
 * Where everything of the demo listens: on loopback, on the ports of the manual where they are free. One that is taken is
 * told before anything is started, with what to do about it.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { PanelAddress } from './options.ts';

export interface Ports {
  readonly panel: number;
  readonly panelStatus: number;
  readonly mapper: number;
  readonly reconcile: number;
  /** UDP. */
  readonly auth: number;
  readonly acct: number;
  readonly coa: number;
}

/** A port that nobody else gets until it is let go. */
interface Reserved {
  readonly port: number;
  readonly close: () => void;
}

const loopback = '127.0.0.1';

/** @throws Error - in words for whoever has called it: which port is taken */
export async function choosePorts({ host, port }: PanelAddress): Promise<Ports> {
  const usual = (number: number) => (port === 0 ? 0 : number);
  const held: Reserved[] = [];
  const hold = (reserved: Reserved) => {
    held.push(reserved);
    return reserved.port;
  };
  const tcp = async (what: string, wanted: { readonly host: string; readonly port: number }) => {
    const reserved = await reserveTcp(wanted);
    if (reserved !== undefined) return hold(reserved);
    const free = `npm start -- --panel ${host}:0 takes free ports for everything`;
    throw new Error(`port ${wanted.port} of ${what} is taken\nhint: ss -ltnp tells by whom; ${free}`);
  };
  try {
    return {
      panel: await tcp('the panel', { host: host.replaceAll(/[[\]]/g, ''), port }),
      mapper: await tcp('the RADIUS mapper', { host: loopback, port: usual(8081) }),
      reconcile: await tcp('the reconcile daemon', { host: loopback, port: usual(8082) }),
      panelStatus: await tcp('the status of the panel', { host: loopback, port: usual(8084) }),
      auth: hold(await reserveUdp()),
      acct: hold(await reserveUdp()),
      coa: hold(await reserveUdp()),
    };
  } finally {
    for (const { close } of held) close();
  }
}

/** @returns undefined when somebody has it */
async function reserveTcp(place: {
  readonly host: string;
  readonly port: number;
}): Promise<Reserved | undefined> {
  const server = createServer();
  try {
    await once(server.listen(place), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw new Error(`--panel: nobody can listen there: ${(error as Error).message}`);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : place.port,
    close: () => void server.close(),
  };
}

async function reserveUdp(): Promise<Reserved> {
  const socket = createSocket('udp4').bind(0, loopback);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => void socket.close() };
}
