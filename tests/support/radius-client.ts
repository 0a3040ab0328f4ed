/**
 * A NAS that asks a RADIUS server on loopback: one socket, one identifier for each request, answers verified. Unanswered is
 * an answer of its own, `none`, after a wait that the test chooses.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type Attributes,
  decodeRadius,
  encodeRadius,
  type RadiusAnswer,
  type RadiusRequest,
} from './radius-packet-codec.ts';

export interface RadiusClient extends AsyncDisposable {
  /** Asks for access, by PAP if a password is given. */
  login(
    attributes: Attributes,
    password?: string | Uint8Array,
    more?: Partial<RadiusRequest>,
  ): Promise<RadiusReply>;
  /** Reports to the accounting port. */
  account(attributes: Attributes, more?: Partial<RadiusRequest>): Promise<RadiusReply>;
  /** Sends a packet as it is, from the same socket. */
  send(packet: Buffer, port: 'auth' | 'acct', waitMs?: number): Promise<RadiusReply>;
}

export type RadiusReply = RadiusAnswer | { readonly kind: 'none' };

export interface RadiusServerPlace {
  readonly authPort: number;
  readonly acctPort: number;
  readonly secret: string;
}

/** Longer than the server thinks about anything: whoever expects an answer gets it sooner. */
const patienceMs = 15_000;

/** @param from - the address of loopback that its packets come from */
export async function openRadiusClient(place: RadiusServerPlace, from = '127.0.0.1'): Promise<RadiusClient> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.setMaxListeners(0); // one for each request that is under way
  socket.bind(0, from);
  await once(socket, 'listening');
  let next = 0;
  const identifier = () => {
    next = (next + 1) % 256;
    return next;
  };
  const exchange = (packet: Buffer, port: number, secret: string, waitMs: number) =>
    answerTo(socket, packet, { port, secret, waitMs });
  return {
    login: (attributes, password, more) => {
      const hasPassword = password === undefined ? {} : { password };
      const base = { kind: 'access', secret: place.secret, identifier: identifier(), attributes } as const;
      const request: RadiusRequest = { ...base, ...hasPassword, ...more };
      return exchange(encodeRadius(request), place.authPort, request.secret, patienceMs);
    },
    account: (attributes, more) => {
      const base = {
        kind: 'accounting',
        secret: place.secret,
        identifier: identifier(),
        attributes,
      } as const;
      const request: RadiusRequest = { ...base, ...more };
      return exchange(encodeRadius(request), place.acctPort, request.secret, patienceMs);
    },
    send: (packet, port, waitMs = patienceMs) =>
      exchange(packet, port === 'auth' ? place.authPort : place.acctPort, place.secret, waitMs),
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

interface Expected {
  readonly port: number;
  readonly secret: string;
  readonly waitMs: number;
}

function answerTo(socket: Socket, packet: Buffer, { port, secret, waitMs }: Expected): Promise<RadiusReply> {
  const { promise, resolve, reject } = Promise.withResolvers<RadiusReply>();
  const timer = setTimeout(() => resolve({ kind: 'none' }), waitMs);
  const onMessage = (datagram: Buffer, { port: from }: { port: number }) => {
    if (from !== port || datagram[1] !== packet[1]) return;
    try {
      resolve(decodeRadius(datagram, packet, secret));
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  socket.on('message', onMessage);
  socket.send(packet, port, '127.0.0.1');
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('message', onMessage);
  });
}
