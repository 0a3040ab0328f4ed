/**
 * A UDP socket that speaks with one NAS. It is connected, so the kernel lets nothing through that does not come from the
 * address and port of the NAS, and it gives out each of its 256 identifiers once: a NAS that remembers its last answer to an
 * identifier of this port cannot take one request for another.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

export interface NasEndpoint {
  readonly nasIp: string;
  readonly port: number;
}

export interface NasSocket {
  /** A number that was not given out before, undefined when there is none left. */
  takeIdentifier(): number | undefined;
  /** Never fails: what could not be sent is as good as lost on the way, and sent again. */
  send(packet: Buffer): void;
  /** Datagrams with this identifier go to `onDatagram` until the returned function is called. */
  listen(identifier: number, onDatagram: (datagram: Buffer) => void): () => void;
  close(): void;
}

const identifiers = 256;

/** @throws the error of the system when the address cannot be reached at all */
export async function openNasSocket({ nasIp, port }: NasEndpoint): Promise<NasSocket> {
  const socket = createSocket(isIPv6(nasIp) ? 'udp6' : 'udp4');
  const listeners = new Map<number, (datagram: Buffer) => void>();
  try {
    const connected = once(socket, 'connect');
    socket.connect(port, nasIp);
    await connected;
  } catch (error) {
    socket.close();
    throw error;
  }
  // An ICMP answer proves nothing: anybody can send one. Only silence counts.
  socket.on('error', () => undefined);
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    if (from.port !== port || datagram.length < 2) return;
    listeners.get(datagram[1] ?? 0)?.(datagram);
  });
  // Another one each time: a port may be the same as in a run before.
  const first = randomInt(identifiers);
  let given = 0;
  return {
    takeIdentifier: () => {
      if (given === identifiers) return undefined;
      given += 1;
      return (first + given) % identifiers;
    },
    send: (packet) => socket.send(packet, () => undefined),
    listen: (identifier, onDatagram) => {
      listeners.set(identifier, onDatagram);
      return () => listeners.delete(identifier);
    },
    close: () => socket.close(),
  };
}
