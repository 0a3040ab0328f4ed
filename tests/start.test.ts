/** `npm start` as a new user runs it: as root, as an ordinary user, and on a machine without nft; and what it consists of. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOptions } from '../scripts/start/options.ts';
import { textOf } from '../scripts/start/terminal.ts';
import { type Demo, runStart, startDemo, startScript, until } from './start-demo.ts';
import { isMissing } from './support/needs.ts';
import { radclient } from './support/radclient.ts';
import { repository, runtimes } from './support/repository.ts';
import { type Finished, runProcess } from './support/run-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { withoutNft } from './support/without-nft.ts';

const user = { uid: 65_534, gid: 65_534 };
const laptop = { user: 'demo-ana-laptop@gw1', address: '198.51.100.11' };

describe.skipIf(isMissing('root', 'nft'))('npm start as root', () => {
  it('shows the demo in a namespace of its own and changes nothing the second time', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await using _namespace = removedAfter(stateDir);

    const first = await runStart(['--once', '--state-dir', stateDir]);
    const second = await runStart(['--once', '--state-dir', stateDir]);

    expect({ first: first.status, second: second.status }).toEqual({ first: 0, second: 0 });
    expect(outcomeOf(first)).toBe('applied');
    expect(outcomeOf(second)).toBe('unchanged');
    expect(dumpOf(first)).toContain('198.51.100.12');
    expect(dumpOf(second)).toBe(dumpOf(first));
    expect(shapeOf(first)).toEqual(shapeOf(await transcript()));
  });

  it('runs until it is asked to stop and leaves no process behind', async () => {
    await using demo = await startDemo(['--seed', '1']);
    await until(demo.said, (said) => said.includes('is connected'));
    // As of one Ctrl-C, which the terminal sends and npm passes on.
    demo.kill('SIGINT');
    demo.kill('SIGTERM');
    // The pipe closes when the last process that inherited it is gone.
    expect((await demo.finished).status).toBe(0);
    expect([...demo.processes().keys()]).toEqual([]);
    // Everybody has left, and the kernel knows.
    expect(demo.inside('nft', 'list', 'map', 'inet', 'holdfast', 'class4')).not.toContain('elements');
  });
});

describe.skipIf(isMissing('root', 'nft', 'freeradius'))('the demo', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo(['--seed', '7']);
  });
  afterAll(() => demo?.[Symbol.asyncDispose]());

  it('keeps the passwords that it shows to their owner', async () => {
    expect(await demo.health()).toBe(200);
    for (const name of ['admin.json', 'logins.json']) {
      const path = join(demo.stateDir, 'demo', name);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const { password, customers } = JSON.parse(await readFile(path, 'utf8'));
      expect(demo.said()).toContain(password ?? customers[0].password);
    }
  });

  it('lets a client in by RADIUS, and nobody else under its name', async () => {
    await using truth = demo.openTruth();
    const session = await until(
      () =>
        truth.db
          .selectFrom('active_session_locks as session')
          .innerJoin('vpn_connections as connection', 'connection.id', 'session.vpn_connection_id')
          .select(['session.framed_ip', 'session.nas_ip', 'session.state', 'session.confirmed_at'])
          .where('connection.radius_username', '=', laptop.user)
          .executeTakeFirst(),
      (row) => row?.state === 'held' && row.framed_ip !== null,
    );
    expect(session).toMatchObject({ framed_ip: laptop.address, nas_ip: '127.0.0.1', state: 'held' });

    const { clients } = JSON.parse(await readFile(join(demo.stateDir, 'demo/logins.json'), 'utf8'));
    const { secret } = clients.find((client: { user: string }) => client.user === laptop.user);
    const from = ['NAS-IP-Address = 192.0.2.9', 'Calling-Station-Id = "203.0.113.9"'];
    const answer = await radclient(await demo.radius(), 'auth', [
      `User-Name = "${laptop.user}"`,
      `User-Password = "${secret}"`,
      ...from,
    ]);
    expect(answer.packet).toBe('Access-Reject');
  });

  it('counts the packets of a client in its class', async () => {
    const rate = 'rate 50Mbit';
    const sentTo = () => {
      const shown = demo.inside('tc', '-s', 'class', 'show', 'dev', 'hf0');
      return Number(new RegExp(`${rate} .*\\n Sent (\\d+) bytes`).exec(shown)?.[1] ?? 0);
    };
    expect(await until(sentTo, (bytes) => bytes > 0)).toBeGreaterThan(0);
  });

  it('has the kernel drop a client that was restricted in the panel', async () => {
    const address = await until(
      () => restrictSomebody(demo),
      (found) => found !== undefined,
    );
    expect(address).toMatch(/^198\.51\.100\./);
  });

  it('refuses another npm start of its state directory with 75', async () => {
    const running = demo.processes();
    expect((await runStart(['--state-dir', demo.stateDir])).status).toBe(75);
    expect((await runStart(['--clean', '--state-dir', demo.stateDir])).status).toBe(75);
    expect(demo.processes()).toEqual(running);
  });

  it('stops everything when one of its processes ends, and names it', async () => {
    const pid = demo.processes().get('mapper') ?? 0;
    process.kill(pid, 'SIGKILL');
    const { status, stderr } = await demo.finished;
    expect(status).toBe(137);
    expect(stderr).toContain(`mapper (pid ${pid})`);
    expect([...demo.processes().keys()]).toEqual([]);
  });

  it('killed with SIGKILL leaves no process behind', async () => {
    await using killed = await startDemo(['--no-traffic']);
    expect([...killed.processes().keys()].toSorted()).toEqual([
      'freeradius',
      'keeper',
      'mapper',
      'panel',
      'reconcile',
    ]);
    killed.kill('SIGKILL');
    await until(killed.processes, ({ size }) => size === 0);
  });
});

describe.skipIf(isMissing('root', 'nft', 'unshare'))('npm start as an ordinary user', () => {
  it('uses the kernel in an unprivileged namespace and shows its state', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = await ownedBy(directory.path);

    const { status, stdout } = await runStart(['--once', '--state-dir', stateDir], user);

    expect(status).toBe(0);
    expect(stdout).toContain('unprivileged network namespace');
    expect(stdout).toMatch(/class htb \S+ root prio 0 rate 20Mbit/);
  });

  it('records in a file where nft is missing, and says so', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    const command = [runtimes.node, startScript, '--once', '--state-dir', stateDir];

    // What is meant for the gateway of the machine is none of the demo's business.
    const env = { HOLDFAST_DATABASE: 'mysql://127.0.0.1:1/gateway', HOLDFAST_GATEWAY: 'gw9' };

    const { status, stdout } = await runProcess(...withoutNft(command), { cwd: repository, env });

    expect(status).toBe(0);
    expect(stdout).toContain('nothing reaches the kernel');
    expect(stdout).toContain('"outcome": "applied"');
  });
});

describe('npm start', () => {
  it('refuses an unknown flag with 64', async () => {
    expect((await runStart(['--bogus'])).status).toBe(64);
  });

  it.each([[['--panel', 'nowhere']], [['--panel', '127.0.0.1:70000']], [['--seed', 'x']], [['--once=1']]])(
    'refuses %j',
    (args) => {
      expect(() => readOptions(args)).toThrow();
    },
  );

  it.each([
    [{ level: 'info', msg: 'listening' }, undefined],
    [{ level: 'warn', msg: 'database away', code: 'DATABASE_BUSY', problem: 'it is locked' }, 'it is locked'],
    [{ level: 'error', msg: 'endpoint failed', err: { message: 'no such route' } }, 'no such route'],
  ])('shows of %j of a log what a person has to know', (entry, part) => {
    const shown = textOf(JSON.stringify(entry));
    if (part === undefined) expect(shown).toBeUndefined();
    else expect(shown).toContain(part);
  });

  it('shows a line that is none of a log as it is', () => {
    expect(textOf('error: no such device [DEVICE]')).toBe('error: no such device [DEVICE]');
    expect(textOf('{ "outcome"')).toBe('{ "outcome"');
    expect(textOf('')).toBeUndefined();
  });

  it('on a port that is taken ends with 69 and starts nothing', async () => {
    await using directory = await temporaryDirectory();
    await using server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const stateDir = join(directory.path, 'state');
    const { status, stderr } = await runStart(['--panel', `127.0.0.1:${port}`, '--state-dir', stateDir]);
    expect(status).toBe(69);
    expect(stderr).toContain(`${port} of the panel`);
  });
});

/** @returns the address that the kernel drops now; undefined when nobody was there, or he left before */
async function restrictSomebody(demo: Demo): Promise<string | undefined> {
  const { body: page } = await demo.asAdmin('GET', '/v1/connections?online=true&restricted=false');
  const found = page.items.find(({ session }: OnlineConnection) => session?.framedIp != null);
  if (found === undefined) return undefined;
  const { id, version, session } = found;
  const restricted = () => demo.inside('nft', 'list', 'set', 'inet', 'holdfast', 'restricted4');
  expect(restricted()).not.toContain(session.framedIp);
  const change = { version, clientMutationId: randomUUID(), reason: 'MANUAL' };
  const { status } = await demo.asAdmin('POST', `/v1/connections/${id}/restrict`, change);
  expect(status).toBe(200);
  const isThere = async () => {
    const { body } = await demo.asAdmin('GET', `/v1/connections/${id}`);
    return body.session?.framedIp === session.framedIp;
  };
  const isDropped = () => restricted().includes(session.framedIp);
  await until(isDropped, async (isLive) => isLive || !(await isThere()));
  return isDropped() ? session.framedIp : undefined;
}

interface OnlineConnection {
  readonly session: { readonly framedIp: string | null } | null;
}

function removedAfter(stateDir: string): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await runStart(['--clean', '--state-dir', stateDir]);
    },
  };
}

async function ownedBy(parent: string): Promise<string> {
  await chmod(parent, 0o755);
  const stateDir = join(parent, 'state');
  await mkdir(stateDir);
  await runProcess('chown', ['-R', `${user.uid}:${user.gid}`, parent]);
  return stateDir;
}

function outcomeOf({ stdout }: Pick<Finished, 'stdout'>): string | undefined {
  return /"outcome": "(\w+)"/.exec(stdout)?.[1];
}

function dumpOf({ stdout }: Pick<Finished, 'stdout'>): string {
  return stdout.slice(stdout.indexOf('nft list table'));
}

/** What the README shows. */
async function transcript(): Promise<Pick<Finished, 'stdout'>> {
  const text = await readFile(join(repository, 'README.md'), 'utf8');
  return { stdout: /^\$ npm start -- --once\n(.*?)^```$/ms.exec(text)?.[1] ?? '' };
}

/** Without what differs from machine to machine and from run to run: the namespace, the directory, and how long it took. */
function shapeOf({ stdout }: Pick<Finished, 'stdout'>): readonly string[] {
  return stdout
    .replaceAll(/holdfast-[\da-f]{8}/g, 'NAMESPACE')
    .replaceAll(/^state: .*$/gm, 'state')
    .replaceAll(/"(tookMs|waitedMs|buildMs|addMs)": [\d.]+/g, '"$1"')
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '');
}
