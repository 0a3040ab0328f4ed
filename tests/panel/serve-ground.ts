/** A panel process whose secret is known, with people who are logged in; and a client that can be as rude as HTTP allows. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  newAdmin,
  newCustomer,
  type PanelUser,
  testSecret,
} from '../../apps/panel/src/testing/panel-user.ts';
import { type PanelProcess, type PanelProcessOptions, startPanel } from '../support/panel-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export interface KnownPanel extends AsyncDisposable {
  readonly process: PanelProcess;
  readonly admin: PanelUser;
  readonly customer: PanelUser;
  /** Another process on the same state directory and database. */
  another(options?: PanelProcessOptions): Promise<PanelProcess>;
}

export async function knownPanel(options: PanelProcessOptions = {}): Promise<KnownPanel> {
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const stateDir = join(path, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  writeFileSync(join(stateDir, 'panel.secret'), `${testSecret}\n`, { mode: 0o600 });
  const people: PanelUser[] = [];
  const process = cleanup.use(
    await startPanel({
      stateDir,
      ...options,
      prepare: async (truth) => {
        people.push(await newAdmin(truth, 'Root', Date.now()), await newCustomer(truth, 'ana', Date.now()));
      },
    }),
  );
  const [admin, customer] = people;
  if (admin === undefined || customer === undefined) throw new Error('nobody is there');
  const opened = cleanup.move();
  const { database } = process;
  return {
    process,
    admin,
    customer,
    another: async (more) => opened.use(await startPanel({ stateDir, database, ...more })),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export interface Asked {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, asserted on key by key
  readonly body: any;
  readonly headers: Headers;
}

/** Asks as somebody who is logged in. */
export async function ask(
  { url }: Pick<PanelProcess, 'url'>,
  [method, path]: readonly [string, string],
  { as, body, signal }: { as?: PanelUser; body?: object; signal?: AbortSignal } = {},
): Promise<Asked> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(as !== undefined && { Authorization: `Bearer ${as.accessToken}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}

/** A new connection by the API. @returns its id */
export async function provisioned(panel: Pick<PanelProcess, 'url'>, as: PanelUser, label: string) {
  const body = { clientMutationId: randomUUID(), label };
  const { status, body: made } = await ask(panel, ['POST', '/v1/connections'], { as, body });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(made)}`);
  return String(made.id);
}

export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** What has come so far. */
  text(): string;
  /** Resolves with everything that came, when the other side has ended. */
  readonly ended: Promise<string>;
}

/** A connection on which any bytes can be sent. */
export async function rawConnection(url: string, first = ''): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more;
  });
  socket.on('error', () => undefined); // a reset is an end, too
  const ended = once(socket, 'close').then(() => text);
  await Promise.race([once(socket, 'connect'), ended]);
  socket.write(first, 'latin1');
  return { socket, text: () => text, ended, [Symbol.dispose]: () => void socket.destroy() };
}

/** The status line of what is answered to these bytes; '' where the connection is closed without an answer. */
export async function rawAnswer(url: string, bytes: string): Promise<string> {
  using connection = await rawConnection(url, bytes);
  const { promise, resolve } = Promise.withResolvers<string>();
  connection.socket.on('data', () => resolve(connection.text()));
  const text = await Promise.race([promise, connection.ended]);
  return text;
}
