/** `npm start -- --once` as a new user runs it: as root, as an ordinary user, and on a machine without nft. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMissing } from './support/needs.ts';
import { repository, runtimes } from './support/repository.ts';
import { type Finished, type RunOptions, runProcess, startProcess } from './support/run-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { withoutNft } from './support/without-nft.ts';

const script = join(repository, 'scripts/start.ts');
const user = { uid: 65_534, gid: 65_534 };

describe.skipIf(isMissing('root', 'nft'))('npm start as root', () => {
  it('shows the demo in a namespace of its own and changes nothing the second time', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await using _namespace = removedAfter(stateDir);

    const first = await start(['--once', '--state-dir', stateDir]);
    const second = await start(['--once', '--state-dir', stateDir]);

    expect({ first: first.status, second: second.status }).toEqual({ first: 0, second: 0 });
    expect(outcomeOf(first)).toBe('applied');
    expect(outcomeOf(second)).toBe('unchanged');
    expect(dumpOf(first)).toContain('198.51.100.12');
    expect(dumpOf(second)).toBe(dumpOf(first));
  });

  it('runs until it is asked to stop and leaves no process behind', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await using _namespace = removedAfter(stateDir);
    const { child, finished } = startProcess(runtimes.node, [script, '--state-dir', stateDir], {
      cwd: repository,
    });
    child.stdout?.on('data', (text: string) => {
      if (text.includes('Ctrl-C')) child.kill('SIGTERM');
    });
    // The pipe closes when the last process that inherited it is gone, the daemon included.
    expect([0, 143]).toContain((await finished).status);
  });
});

describe.skipIf(isMissing('root', 'nft', 'unshare'))('npm start as an ordinary user', () => {
  it('uses the kernel in an unprivileged namespace and shows its state', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = await ownedBy(directory.path);

    const { status, stdout } = await start(['--once', '--state-dir', stateDir], user);

    expect(status).toBe(0);
    expect(stdout).toContain('unprivileged network namespace');
    expect(stdout).toMatch(/class htb \S+ root prio 0 rate 20Mbit/);
  });

  it('records in a file where nft is missing, and says so', async () => {
    await using directory = await temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    const command = [runtimes.node, script, '--once', '--state-dir', stateDir];

    const { status, stdout } = await runProcess(...withoutNft(command), { cwd: repository });

    expect(status).toBe(0);
    expect(stdout).toContain('nothing reaches the kernel');
    expect(stdout).toContain('"outcome": "applied"');
  });
});

describe('npm start', () => {
  it('refuses an unknown flag with 64', async () => {
    expect((await start(['--bogus'])).status).toBe(64);
  });
});

function start(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return runProcess(runtimes.node, [script, ...args], { cwd: repository, ...options });
}

function removedAfter(stateDir: string): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await start(['--clean', '--state-dir', stateDir]);
    },
  };
}

async function ownedBy(parent: string): Promise<string> {
  const stateDir = join(parent, 'state');
  await mkdir(stateDir);
  await runProcess('chown', ['-R', `${user.uid}:${user.gid}`, parent]);
  return stateDir;
}

function outcomeOf({ stdout }: Finished): string | undefined {
  return /"outcome": "(\w+)"/.exec(stdout)?.[1];
}

function dumpOf({ stdout }: Finished): string {
  return stdout.slice(stdout.indexOf('nft list table'));
}
