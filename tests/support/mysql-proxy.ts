/**
 * A wire to a MariaDB server that can be cut at a chosen statement: before the server has it, or after the server has
 * answered but before the client hears of it. Statements of the text protocol only, no TLS.
 */
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

export interface MysqlProxy extends AsyncDisposable {
  readonly socketPath: string;
  /** Cuts the wire at the next packet whose first statement is `statement`, once. Resolves when it was cut. */
  cutAt(statement: string, when: 'before' | 'after'): Promise<void>;
  /** The texts that clients have sent since this was asked last, each packet one. */
  heard(): readonly string[];
  /** Refuses new connections until it is called again with false. */
  refuse(isRefusing: boolean): void;
}

const comQuery = 3;
const headerBytes = 4;

export async function startMysqlProxy(serverSocket: string): Promise<MysqlProxy> {
  const directory = await temporaryDirectory();
  const socketPath = join(directory.path, 'proxy.sock');
  const sockets = new Set<Socket>();
  let cut: { statement: string; when: 'before' | 'after'; done: () => void } | undefined;
  let isRefusing = false;
  const texts: string[] = [];
  const proxy = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const server = createConnection(serverSocket);
    let isDeaf = false;
    const drop = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', drop).on('close', () => {
        sockets.delete(socket);
        drop();
      });
    }
    client.on('data', (data) => {
      const text = textOf(data);
      if (text !== undefined) texts.push(text);
      const isHit = cut !== undefined && isFirstOf(text, cut.statement);
      if (isHit && cut?.when === 'after') isDeaf = true;
      if (isHit && cut?.when === 'before') {
        cut.done();
        cut = undefined;
        drop();
        return;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (!isDeaf) {
        client.write(data);
        return;
      }
      cut?.done();
      cut = undefined;
      drop();
    });
  });
  proxy.listen(socketPath);
  await once(proxy, 'listening');
  return {
    socketPath,
    cutAt: (statement, when) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      cut = { statement, when, done: resolve };
      return promise;
    },
    heard: () => texts.splice(0),
    refuse: (value) => {
      isRefusing = value;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
      await directory[Symbol.asyncDispose]();
    },
  };
}

function textOf(packet: Buffer): string | undefined {
  return packet[headerBytes] === comQuery ? packet.subarray(headerBytes + 1).toString() : undefined;
}

function isFirstOf(text: string | undefined, statement: string): boolean {
  return text === statement || text?.startsWith(`${statement};`) === true;
}
