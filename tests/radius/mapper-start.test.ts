/** What `vpn-radius-mapper` needs to start, what it refuses, and its TLS. */
import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { type RequestOptions, request as requestTls } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate, openTruth } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { freeTcpPort, startMapper } from '../support/mapper-process.ts';
import { fillRadiusTruth } from '../support/radius-truth.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess, startProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { tlsAuthority } from '../support/tls-authority.ts';

async function readyDirectory(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  await using truth = openTruth(`sqlite:${join(directory.path, 'truth.sqlite')}`);
  await migrate(truth);
  await fillRadiusTruth(truth, { users: 1, password: 'correct horse' });
  return directory;
}

const run = (stateDir: string, ...args: readonly string[]) =>
  runProcess(runtimes.node, [bins.mapper, '--state-dir', stateDir, '--listen', '127.0.0.1:0', ...args]);

describe('a mapper', () => {
  it('makes its secret for its user alone, and uses that of a file that is named', async () => {
    await using directory = await readyDirectory();
    const stateDir = directory.path;
    const database = `sqlite:${join(stateDir, 'truth.sqlite')}`;
    {
      await using mapper = await startMapper({ stateDir, database });
      expect((await stat(join(stateDir, 'radius-mapper.secret'))).mode & 0o777).toBe(0o600);
      expect(mapper.log()).not.toContain(mapper.secret);
    }
    const named = join(stateDir, 'named');
    await writeFile(named, 'the-secret-of-the-test\n', { mode: 0o600 });
    await using mapper = await startMapper({ stateDir, database, args: ['--secret-file', named] });
    const ask = (secret: string) =>
      fetch(`${mapper.url}/v1/login`, {
        method: 'POST',
        body: '{}',
        headers: { authorization: `Bearer ${secret}` },
      });
    expect((await ask('the-secret-of-the-test')).status).toBe(400);
    expect((await ask(mapper.secret)).status).toBe(401);
    expect(await readFile(`/proc/${mapper.pid}/cmdline`, 'utf8')).not.toContain('the-secret');
  });

  it.each([
    ['a schema that is missing', [], 'SCHEMA_MISSING', 78],
    ['a secret that others can read', ['--secret-file', 'SECRET'], 'SECRET_EXPOSED', 78],
    ['a secret that is not there', ['--secret-file', '/nonexistent/secret'], 'CONFIG_INVALID', 78],
    ['a certificate without its key', ['--tls-certificate', '/nonexistent/pem'], 'USAGE', 64],
    ['an authority without a certificate', ['--tls-client-ca', '/nonexistent/pem'], 'USAGE', 64],
    ['a lease that is too short', ['--pending-lease', '10ms'], 'USAGE', 64],
    ['a queue of none', ['--login-queue', '0'], 'USAGE', 64],
    ['no place to listen', ['--listen', 'none'], 'USAGE', 64],
    ['a command that is none', ['serve', 'now'], 'USAGE', 64],
  ])('does not start with %s', async (_what, args, code, status) => {
    await using directory = await temporaryDirectory();
    const secret = join(directory.path, 'exposed');
    await writeFile(secret, 'the-secret-of-the-test\n');
    await chmod(secret, 0o644);
    const ended = await run(directory.path, ...args.map((word) => (word === 'SECRET' ? secret : word)));
    expect(ended).toMatchObject({ status, stdout: '' });
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended.stderr).toContain('hint: ');
  });

  it('tells why it does not start as a document when one is wanted', async () => {
    await using directory = await temporaryDirectory();
    const ended = await run(directory.path, '--json');
    expect(ended.status).toBe(78);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'SCHEMA_MISSING' } });
  });

  it('does not start on an address that is taken, the default one neither', async () => {
    await using directory = await readyDirectory();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const ended = await run(directory.path, '--listen', `127.0.0.1:${port}`);
    server.close();
    expect(ended.status).toBe(69);
    expect(ended.stderr).toContain('[LISTEN_FAILED]');
  });

  it('tells its commands and exit codes', async () => {
    const mapper = (...args: readonly string[]) => runProcess(runtimes.node, [bins.mapper, ...args]);
    const [help, list, version] = await Promise.all([
      mapper('--help'),
      mapper('sessions', '--help'),
      mapper('--version'),
    ]);
    expect(help.stdout).toMatch(/--pending-lease[\s\S]*Exit status:[\s\S]*Examples:/);
    expect(list.stdout).toMatch(/sessions list[\s\S]*sessions release/);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect([help, list, version].map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('answers over a Unix socket, and over TLS only whom its authority knows', async () => {
    await using directory = await readyDirectory();
    const stateDir = directory.path;
    const socketPath = join(stateDir, 'mapper.sock');
    const authority = tlsAuthority(join(stateDir, 'tls'));
    const [server, client] = [authority.issue('server'), authority.issue('client')];
    const port = await freeTcpPort();
    const tls = [
      '--tls-certificate',
      server.certificate,
      '--tls-key',
      server.key,
      '--tls-client-ca',
      authority.path,
    ];
    const start = (...args: readonly string[]) =>
      startProcess(runtimes.node, [bins.mapper, '--state-dir', stateDir, ...args]);
    const [plain, secured] = [
      start('--listen', `unix:${socketPath}`),
      start('--listen', `127.0.0.1:${port}`, ...tls),
    ];
    try {
      expect(await statusOf(() => request({ socketPath, path: '/readyz', agent: false }))).toBe(200);
      const [ca, cert, key] = await Promise.all(
        [authority.path, client.certificate, client.key].map((path) => readFile(path, 'utf8')),
      );
      const ask = (options: { [Key in keyof RequestOptions]: RequestOptions[Key] | undefined }) =>
        requestTls({
          ...(options as RequestOptions),
          host: '127.0.0.1',
          port,
          path: '/readyz',
          agent: false,
        });
      expect(await statusOf(() => ask({ ca, cert, key }))).toBe(200);
      const stranger = ask({ ca }).end();
      await expect(once(stranger, 'response')).rejects.toThrow();
      await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow();
    } finally {
      for (const { child } of [plain, secured]) child.kill('SIGTERM');
    }
    expect((await plain.finished).status).toBe(0);
    expect((await secured.finished).status).toBe(0);
  });
});

/** The status of the answer, as soon as there is somebody to answer. */
async function statusOf(ask: () => ReturnType<typeof request>): Promise<number | undefined> {
  for (;;) {
    try {
      const [answer] = (await once(ask().end(), 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    } catch (error) {
      if (!['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await delay(10);
    }
  }
}
