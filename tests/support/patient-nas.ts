/** A NAS with many requests at once over one socket: what gets no answer is sent again, the same bytes, as a NAS does it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodeRadius, type RadiusAnswer } from './radius-packet-codec.ts';

export interface PatientNas extends AsyncDisposable {
  /**
   * Asks. What comes and is no verified answer to this very packet is passed over: it may be a late one to an earlier packet
   * of the same identifier. No other request to the port has that identifier now.
   *
   * @returns undefined when there was no answer in time
   */
  ask(packet: Buffer, port: number, secret: string): Promise<RadiusAnswer | undefined>;
}

const resendMs = 1_000;
const patienceMs = 15_000;

export async function openPatientNas(): Promise<PatientNas> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const waiting = new Map<string, (datagram: Buffer) => void>();
  socket.on('message', (datagram, { port }) => waiting.get(`${port} ${datagram[1]}`)?.(datagram));
  return {
    ask: async (packet, port, secret) => {
      const key = `${port} ${packet[1]}`;
      if (waiting.has(key)) throw new Error(`identifier ${packet[1]} waits for an answer already`);
      const { promise, resolve } = Promise.withResolvers<RadiusAnswer | undefined>();
      waiting.set(key, (datagram) => {
        const answer = verified(datagram, packet, secret);
        if (answer !== undefined) resolve(answer);
      });
      const send = () => socket.send(packet, port, '127.0.0.1');
      const again = setInterval(send, resendMs);
      const enough = setTimeout(() => resolve(undefined), patienceMs);
      send();
      const answer = await promise;
      clearInterval(again);
      clearTimeout(enough);
      waiting.delete(key);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function verified(datagram: Buffer, packet: Buffer, secret: string): RadiusAnswer | undefined {
  try {
    return decodeRadius(datagram, packet, secret);
  } catch (error) {
    if (error instanceof Error) return undefined; // it says only why it is not
    throw error;
  }
}
