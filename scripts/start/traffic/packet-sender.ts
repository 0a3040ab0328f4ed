/**
 * Runs in the namespace of the demo: sends UDP datagrams to the clients, as a server on the Internet would, from the address
 * that is routed through the gateway. Told by lines on stdin, `ADDRESS COUNT BYTES`; ends with it.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { senderAddresses } from '../demo-network.ts';

/** Nobody listens: the clients are made up, and what matters is the way there. */
const discardPort = 9;

const sockets = {
  ipv4: await bound('udp4', senderAddresses.ipv4),
  ipv6: await bound('udp6', senderAddresses.ipv6),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [address = '', count, bytes] = line.split(' ');
  const socket = address.includes(':') ? sockets.ipv6 : sockets.ipv4;
  const payload = Buffer.alloc(Number(bytes));
  for (let sent = 0; sent < Number(count); sent += 1) socket.send(payload, discardPort, address);
}
for (const socket of Object.values(sockets)) socket.close();

async function bound(type: 'udp4' | 'udp6', address: string): Promise<Socket> {
  const socket = createSocket(type);
  socket.on('error', () => undefined); // a packet that is not sent is a packet that is lost
  await once(socket.bind(0, address), 'listening');
  return socket;
}
