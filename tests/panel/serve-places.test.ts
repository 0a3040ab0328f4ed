/** Where a panel answers, and from where it takes a request to come; how it starts, or says why it does not. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { join } from 'node:path';
import { openTruth } from '@holdfast/truth-db';
import { describe, it } from 'vitest';
import { panelProgram, startPanel } from '../support/panel-process.ts';
import { runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { serviceManagerDouble } from '../support/service-manager.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { tlsAuthority } from '../support/tls-authority.ts';

const json = { 'content-type': 'application/json' };

/** Fails to log in, as a client far away would. @returns under which trace */
async function failedLogin(options: RequestOptions, isTls = false): Promise<string> {
  const body = JSON.stringify({ email: 'nobody@example.net', password: 'wrong', attemptId: randomUUID() });
  const headers = { ...json, 'x-forwarded-for': '203.0.113.1, 198.51.100.9' };
  const asked = (isTls ? requestOverTls : request)({
    method: 'POST',
    path: '/v1/auth/login',
    agent: false,
    headers,
    ...options,
  });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  if (answer.statusCode !== 401) throw new Error(String(answer.statusCode));
  return String(answer.headers['strict-transport-security'] ?? '');
}

const isRefusal = ({ msg }: { readonly msg: string }) => msg === 'login refused';

describe.concurrent('a panel', () => {
  it('on a Unix socket hears the client from whoever it trusts there', async ({ expect }) => {
    await using place = await temporaryDirectory();
    const socketPath = join(place.path, 'panel.sock');
    const args = ['--listen', `unix:${socketPath}`, '--trust-proxy', 'unix', '--secure-cookies', 'always'];
    await using panel = await startPanel({ args });
    expect(panel.url).toBe(`unix:${socketPath}`);
    expect(await failedLogin({ socketPath })).toBe('max-age=31536000');
    expect(await panel.logged(isRefusal)).toMatchObject({ address: '198.51.100.9' });
    expect(await panel.metric('holdfast_panel_logins_total{outcome="failed"}')).toBe(1);
  });

  it('over TLS tells browsers to come by nothing else, and believes no stranger', async ({ expect }) => {
    await using place = await temporaryDirectory();
    const authority = tlsAuthority(place.path);
    const { certificate, key } = authority.issue('panel');
    await using panel = await startPanel({ args: ['--tls-certificate', certificate, '--tls-key', key] });
    const { hostname, port, protocol } = new URL(panel.url);
    expect(protocol).toBe('https:');
    const options = { hostname, port, ca: readFileSync(authority.path) };
    expect(await failedLogin(options, true)).toBe('max-age=31536000');
    expect(await panel.logged(isRefusal)).toMatchObject({ address: '127.0.0.1' });
  });

  it('tells the service manager when it answers and when it stops', async ({ expect }) => {
    await using place = await temporaryDirectory();
    await using manager = await serviceManagerDouble(place.path);
    await using panel = await startPanel({ env: { NOTIFY_SOCKET: manager.socket } });
    await manager.told('READY=1');
    await manager.told(`STATUS=answering on ${panel.url}`);
    const ended = panel.stop();
    await manager.told('STOPPING=1');
    expect((await ended).status).toBe(0);
  });

  it.for([
    ['a database without a schema', 78, 'SCHEMA_MISSING', ['--database', 'EMPTY']],
    ['half of TLS', 64, 'USAGE', ['--tls-key', '/nonexistent']],
  ] as const)('does not start with %s', async ([_what, status, code, args], { expect }) => {
    await using place = await temporaryDirectory();
    const empty = join(place.path, 'empty.db');
    await openTruth(`sqlite:${empty}`).close();
    const words = args.map((word) => (word === 'EMPTY' ? `sqlite:${empty}` : word));
    const flags = ['--state-dir', place.path, '--status-listen', 'none', '--listen', '127.0.0.1:0', ...words];
    const ended = await runProcess(runtimes.node, [...panelProgram(), ...flags]);
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(`[${code}]`)]);
  });
});
