/** Servers that are away, too old, full, frozen, or ask for TLS. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type MariadbServer,
  type MariadbServerOptions,
  startMariadbServer,
} from '../../../../tests/support/mariadb-server.ts';
import { truthUrl } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { temporaryDirectory } from '../../../../tests/support/temporary-directory.ts';
import { migrate, openTruth, provisionConnection, type Truth } from '../index.ts';
import { codeOf } from '../testing/code-of.ts';

describe.skipIf(isMissing('mariadb'))('a MariaDB server', () => {
  const opened: AsyncDisposable[] = [];

  async function start(options: MariadbServerOptions = {}): Promise<MariadbServer> {
    const server = await startMariadbServer(options);
    opened.unshift(server);
    return server;
  }

  function open(url: string, options: Parameters<typeof openTruth>[1] = {}): Truth {
    const truth = openTruth(url, options);
    opened.unshift(truth);
    return truth;
  }

  afterEach(async () => {
    for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
  });

  it('that is not there is told at once', async () => {
    const server = await start();
    await server.kill();
    expect(await codeOf(migrate(open(truthUrl(server), { busyTimeoutMs: 600_000 })))).toBe(
      'DATABASE_UNREACHABLE',
    );
  });

  it('that goes away for a moment is waited for', async () => {
    const server = await start();
    const truth = open(truthUrl(server), { busyTimeoutMs: 60_000 });
    await migrate(truth);
    await server.kill();
    const adding = truth.transaction((trx) => provisionConnection(trx, { at: 0 }));
    await server.start();
    expect((await adding).id).toBe(1);
  });

  it('that is older than 10.6 is refused', async () => {
    const server = await start({ args: ['--version=10.5.27-MariaDB'] });
    expect(await codeOf(migrate(open(truthUrl(server))))).toBe('DATABASE_UNSUPPORTED');
  });

  it('that is full says so, and keeps no part of the transaction', async () => {
    const server = await start({
      args: ['--skip-innodb-file-per-table', '--innodb-data-file-path=ibdata1:4M:autoextend:max:16M'],
    });
    const truth = open(truthUrl(server));
    await migrate(truth);
    const fill = () =>
      truth.transaction(async (trx) => {
        for (let row = 0; row < 200; row += 1)
          await provisionConnection(trx, { at: 0, label: 'x'.repeat(120) });
      });
    let code = 'none';
    for (let round = 0; round < 200 && code === 'none'; round += 1) code = await codeOf(fill());
    expect(code).toBe('DATABASE_FULL');
    const rows = await truth.db.selectFrom('vpn_connections').select('id').execute();
    expect(rows.length % 200).toBe(0);
  });

  it('that is frozen is taken for gone, and does not keep its caller', async () => {
    const server = await start();
    const truth = open(truthUrl(server, 'holdfast', '&statement-timeout=1ms'), { busyTimeoutMs: 0 });
    const other = open(truthUrl(server, 'holdfast', '&connect-timeout=100ms'), { busyTimeoutMs: 0 });
    await truth.db.introspection.getSchemas();
    process.kill(server.pid, 'SIGSTOP');
    try {
      expect(await codeOf(other.db.introspection.getSchemas())).toBe('DATABASE_UNREACHABLE');
      expect(await codeOf(truth.db.introspection.getSchemas())).toBe('DATABASE_UNREACHABLE');
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  it.skipIf(isMissing('openssl'))(
    'is reached by TLS: verified by its certificate, encrypted without, refused with that of another',
    async () => {
      const ask = (truth: Truth) => codeOf(truth.db.introspection.getSchemas());
      for (const name of ['localhost', 'db.example']) {
        await using directory = await temporaryDirectory();
        const { ca, cert, key } = certificatesIn(directory.path, name);
        const tls = [`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`];
        const server = await start({ hasPort: true, args: [...tls, '--skip-name-resolve'] });
        const at = (options: string) =>
          open(`mysql://root@localhost:${server.port}/holdfast?${options}`, { busyTimeoutMs: 0 });
        const verified = name === 'localhost' ? 'none' : 'DATABASE_UNREACHABLE';
        expect(await ask(at(`tls=verify&tls-ca=${ca}`)), name).toBe(verified);
        expect(await ask(at('tls=encrypt')), name).toBe('none');
        expect(await ask(at('tls=verify')), name).toBe('DATABASE_UNREACHABLE');
      }
    },
  );
});

/** A certificate for `name`, and the authority that made it. */
function certificatesIn(directory: string, name: string): { ca: string; cert: string; key: string } {
  const ca = join(directory, 'ca.pem');
  const cert = join(directory, 'cert.pem');
  const key = join(directory, 'key.pem');
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl(...make, '-keyout', 'ca-key.pem', '-out', ca, '-subj', '/CN=authority');
  const issue = ['-CA', ca, '-CAkey', 'ca-key.pem', '-subj', `/CN=${name}`];
  openssl(...make, '-keyout', key, '-out', cert, ...issue, '-addext', `subjectAltName=DNS:${name}`);
  return { ca, cert, key };
}
