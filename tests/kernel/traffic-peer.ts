/**
 * One end of the traffic test, run inside a namespace: `echo ADDRESS PORT`, `ask ADDRESS PORT TAG` (UDP), `sink ADDRESS PORT`,
 * `send ADDRESS PORT BYTES` (TCP). Prints "ready" when it listens, each tag that it is asked, and one JSON line with what it found.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const [mode, address = '', portText = '', last = ''] = process.argv.slice(2);
const port = Number(portText);
const family = address.includes(':') ? 'udp6' : 'udp4';

if (mode === 'echo') echo();
else if (mode === 'ask') ask();
else if (mode === 'sink') sink();
else send(Number(last));

function echo(): void {
  const socket = createSocket(family);
  socket.on('message', (message, peer) => {
    console.log(String(message));
    socket.send(message, peer.port, peer.address);
  });
  socket.bind(port, address, () => console.log('ready'));
}

/** Asks ten times, 50 ms apart: one loss is no silence. */
function ask(): void {
  const socket = createSocket(family);
  let asked = 0;
  const end = (answered: boolean) => {
    clearInterval(timer);
    socket.close();
    console.log(JSON.stringify({ answered }));
  };
  const timer = setInterval(() => {
    asked += 1;
    if (asked > 10) end(false);
    else socket.send(last, port, address);
  }, 50);
  socket.once('message', () => end(true));
}

/** Rate of one connection from its first byte to its last, in Mbit/s. */
function sink(): void {
  const server = createServer((connection) => {
    let firstMs: number | undefined;
    let bytes = 0;
    connection.on('data', (chunk) => {
      firstMs ??= performance.now();
      bytes += chunk.length;
    });
    connection.on('end', () => {
      const ms = performance.now() - (firstMs ?? 0);
      console.log(JSON.stringify({ bytes, mbitPerSecond: (bytes * 8) / 1_000 / ms }));
      server.close();
      connection.end();
    });
  });
  server.listen(port, address, () => console.log('ready'));
}

/** A new link needs a moment until IPv6 has its routes: tries again for five seconds. */
function send(bytes: number, tries = 100): void {
  const socket = connect(port, address);
  socket.once('error', (error) => {
    if (tries === 0) throw error;
    setTimeout(() => send(bytes, tries - 1), 50);
  });
  socket.once('connect', () => socket.end(Buffer.alloc(bytes)));
}
