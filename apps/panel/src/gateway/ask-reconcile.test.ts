/** What answers at the address of the reconcile daemon, and is not always one. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AskOptions, askReconcile, kernelQuestion, standingQuestion } from './ask-reconcile.ts';
import type { ReconcileAddress } from './reconcile-address.ts';

const at = '2026-01-02T03:04:05.678Z';
const read = {
  kind: 'read',
  gateway: 'gw1',
  at,
  dataplane: 'kernel',
  nft: 'intact',
  tc: 'intact',
  counts: { restricted: 1, shaped: 0, classes: 0 },
  restricted: ['10.0.0.1'],
  classes: [],
  drift: [],
  driftTotal: 0,
};
const servers: Server[] = [];
const directories: string[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function serving(listener: RequestListener): Promise<ReconcileAddress> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { kind: 'tcp', host: '127.0.0.1', port: address.port };
}

/** @returns the code of the failure, 'answered' without one */
async function codeOf(listener: RequestListener, options?: AskOptions): Promise<string> {
  const address = await serving(listener);
  return askReconcile(address, kernelQuestion, options).then(
    () => 'answered',
    (error: { readonly code: string }) => error.code,
  );
}

const saying =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { Location: '/elsewhere' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

describe('an answer of the daemon', () => {
  it('is taken with the name of its gateway, without what a later version adds', async () => {
    const { gateway: _gateway, ...kernel } = read;
    const address = await serving(saying({ ...read, later: 1 }));
    expect(await askReconcile(address, kernelQuestion)).toEqual({ gateway: 'gw1', told: kernel });
  });

  it('that nothing was read may come without a gateway', async () => {
    const unread = { kind: 'unread', at, because: 'DATABASE_UNREACHABLE' };
    const address = await serving(saying({ ...unread, gateway: null }));
    expect(await askReconcile(address, kernelQuestion)).toEqual({ gateway: null, told: unread });
  });

  it('is that to the question which was asked', async () => {
    const holder = { pid: 7, host: 'gw1', purpose: 'a run', sinceMs: 3 };
    const standing = { runs: null, lock: { scope: 'policy:gw1', holder, waiters: [] } };
    const address = await serving((request, response) => {
      const body = request.url === '/standing' ? { ...standing, gateway: 'gw1' } : read;
      response.end(JSON.stringify(body));
    });
    expect(await askReconcile(address, standingQuestion)).toEqual({ gateway: 'gw1', told: standing });
  });

  it('comes over a Unix socket too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-ask-'));
    directories.push(directory);
    const path = join(directory, 'reconcile.sock');
    const server = createServer(saying(read)).listen(path);
    servers.push(server);
    await once(server, 'listening');
    expect(await askReconcile({ kind: 'unix', path }, kernelQuestion)).toMatchObject({ gateway: 'gw1' });
  });
});

describe('what is no answer of the daemon', () => {
  it.each([
    ['HTML', saying('<!doctype html><title>It works</title>')],
    ['nothing', saying('')],
    ['half a document', saying(JSON.stringify(read).slice(0, -1))],
    ['another document', saying({ status: 'ok' })],
    ['a document with an object of another form', saying({ ...read, restricted: [7] })],
    ['a document that does not say whose it is', saying({ ...read, gateway: undefined })],
    ['another status', saying(read, 404)],
    ['a redirect', saying(read, 302)],
  ])('is refused: %s', async (_what, listener) => {
    expect(await codeOf(listener)).toBe('RECONCILE_INVALID');
  });

  it('is refused: a standing with a run of another form', async () => {
    const address = await serving(saying({ gateway: 'gw1', runs: [{ outcome: 'applied' }], lock: null }));
    await expect(askReconcile(address, standingQuestion)).rejects.toMatchObject({
      code: 'RECONCILE_INVALID',
    });
  });

  it('is read up to a limit only', async () => {
    let isGivenUp = false;
    const pouring: RequestListener = (_request, response) => {
      response.once('close', () => {
        isGivenUp = true;
      });
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))); // until the pipe is full
      };
      response.on('drain', pour);
      pour();
    };
    expect(await codeOf(pouring)).toBe('RECONCILE_INVALID');
    expect(await codeOf(saying(read), { mostBytes: 10 })).toBe('RECONCILE_INVALID');
    while (!isGivenUp) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('silence', () => {
  it.each([
    ['never begins', () => undefined],
    [
      'never ends',
      (_request, response) => {
        response.write('{');
        const dripping = setInterval(() => response.write(' '), 5);
        response.once('close', () => clearInterval(dripping));
      },
    ],
  ] as [string, RequestListener][])('of an answer that %s is unreachable', async (_what, listener) => {
    expect(await codeOf(listener, { timeoutMs: 50 })).toBe('RECONCILE_UNREACHABLE');
  });

  it('of a port that nobody listens on is unreachable', async () => {
    const address = await serving(saying(read));
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await expect(askReconcile(address, kernelQuestion)).rejects.toMatchObject({
      code: 'RECONCILE_UNREACHABLE',
    });
    const nowhere = { kind: 'unix', path: '/nowhere/reconcile.sock' } as const;
    await expect(askReconcile(nowhere, kernelQuestion)).rejects.toMatchObject({
      code: 'RECONCILE_UNREACHABLE',
    });
  });

  it('of a connection that is cut is unreachable', async () => {
    expect(await codeOf((request) => request.socket.destroy())).toBe('RECONCILE_UNREACHABLE');
    const cutting: RequestListener = (_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{', () => response.destroy());
    };
    expect(await codeOf(cutting)).toBe('RECONCILE_UNREACHABLE');
  });
});
