/**
 * One configuration for all commands: every command accepts the keys of every other, follows the `stateDir` of a file, and
 * refuses a file that cannot be one. Output that cannot be written is a failure of its own.
 */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationKeys, keyOf, type Setting } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { dbSeedSettings } from '../../apps/cli/src/db/db-command.ts';
import {
  lockLsSettings,
  lockPathSettings,
  lockRunSettings,
  lockVerifySettings,
} from '../../apps/cli/src/lock/lock-command.ts';
import { clearSettings } from '../../apps/metadata-cache/src/clear-command.ts';
import { readSettings } from '../../apps/metadata-cache/src/read/read-command.ts';
import { refreshSettings } from '../../apps/metadata-cache/src/refresh/refresh-command.ts';
import {
  adminCreateSettings,
  adminPasswordSettings,
  adminSettings,
} from '../../apps/panel/src/admin/admin-settings.ts';
import { panelSettings } from '../../apps/panel/src/serve/panel-command.ts';
import { applySettings } from '../../apps/policy-apply/src/apply-command.ts';
import { reconcileSettings } from '../../apps/policy-reconcile/src/reconcile-command.ts';
import { credentialsRenewSettings } from '../../apps/radius-mapper/src/credentials/credentials-command.ts';
import { mapperSettings } from '../../apps/radius-mapper/src/mapper-command.ts';
import { raddbInstallSettings } from '../../apps/radius-mapper/src/raddb/raddb-command.ts';
import {
  sessionsListSettings,
  sessionsReleaseSettings,
} from '../../apps/radius-mapper/src/sessions/sessions-command.ts';
import { serveSettings } from '../../apps/runtime-state/src/serve/serve-command.ts';
import { sweepSettings } from '../../apps/runtime-state/src/store-settings.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess, startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const fileName = 'holdfast.config.json';
const stackLine = /^\s+at .*:\d+:\d+/m;
/** A command that hangs on a file fails its test long before this guard would be a nuisance. */
const guardMs = 10_000;
const user = { uid: 65_534, gid: 65_534 };

describe('the configuration file of all commands', () => {
  it('knows exactly the keys that the commands have', () => {
    const policy = [applySettings, reconcileSettings, dbSeedSettings];
    const lock = [lockRunSettings, lockLsSettings, lockPathSettings, lockVerifySettings];
    const sessions = [sessionsListSettings, sessionsReleaseSettings];
    const mapper = [mapperSettings, ...sessions, credentialsRenewSettings, raddbInstallSettings];
    const cache = [refreshSettings, readSettings, clearSettings];
    const stores = [sweepSettings, serveSettings];
    const panel = [panelSettings, adminSettings, adminPasswordSettings, adminCreateSettings];
    const settings: readonly Setting<unknown>[] = [
      ...policy,
      ...lock,
      ...mapper,
      ...cache,
      ...stores,
      ...panel,
    ].flatMap((table) => Object.values(table));
    const keys = settings.filter(({ isPersistent }) => isPersistent !== false).map(({ flag }) => keyOf(flag));
    expect(configurationKeys.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  it('may hold the keys of every command for each of them', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const values = { interval: '10s', onLocked: 'fail', dataplane: 'recorded', lockTimeout: '5s' };
    await writeFile(join(world.stateDir, fileName), JSON.stringify(values));
    const apply = await world.run('apply');
    const reconcile = await world.run('reconcile', ['--once']);
    const status = await holdfast(['db', 'status', '--state-dir', world.stateDir]);
    expect([apply.status, reconcile.status, status.status]).toEqual([0, 0, 0]);
  });

  it('with a key that no command has is refused by each of them with 78', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await writeFile(join(world.stateDir, fileName), '{"intervall": "10s"}');
    const apply = await world.run('apply');
    const reconcile = await world.start('reconcile', ['--once']).finished;
    const status = await holdfast(['db', 'status', '--state-dir', world.stateDir]);
    expect([apply.status, reconcile.status, status.status]).toEqual([78, 78, 78]);
  });

  it('decides the state directory of policy commands and of holdfast db alike', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using directory = await temporaryDirectory();
    const config = join(directory.path, 'other.json');
    await writeFile(config, JSON.stringify({ stateDir: world.stateDir, dataplane: 'recorded' }));
    const env = { XDG_STATE_HOME: directory.path };
    const apply = await runProcess(runtimes.node, [bins.apply, '--config', config, '--json'], { env });
    const status = await holdfast(['db', 'status', '--json', '--config', config], env);
    expect({ apply: apply.status, gateway: JSON.parse(apply.stdout).gateway }).toEqual({ apply: 0, gateway });
    expect({ status: status.status, pending: JSON.parse(status.stdout).pending }).toEqual({
      status: 0,
      pending: [],
    });
  });

  it('names the database of holdfast db', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using directory = await temporaryDirectory();
    const database = `sqlite:${join(world.stateDir, 'truth.sqlite')}`;
    await writeFile(join(directory.path, fileName), JSON.stringify({ database }));
    const { status, stdout } = await holdfast(['db', 'status', '--json', '--state-dir', directory.path]);
    expect({ status, pending: JSON.parse(stdout).pending }).toEqual({ status: 0, pending: [] });
  });

  it.each([
    { what: 'a FIFO', place: (path: string) => runProcess('mkfifo', [path]) },
    { what: 'a directory', place: (path: string) => mkdir(path) },
    { what: 'a link to an endless device', place: (path: string) => symlink('/dev/zero', path) },
    { what: 'a file of more than 1 MiB', place: (path: string) => writeFile(path, ' '.repeat(2 ** 20 + 1)) },
  ])('that is $what is refused with 78 by every command, at once', async ({ place }) => {
    await using directory = await temporaryDirectory();
    await place(join(directory.path, fileName));
    const apply = await runProcess(runtimes.node, [bins.apply, '--state-dir', directory.path], { guardMs });
    const status = await holdfast(['db', 'status', '--state-dir', directory.path]);
    expect([apply.status, status.status]).toEqual([78, 78]);
    expect(apply.stderr).toContain('[CONFIG_INVALID]');
  });

  it.skipIf(isMissing('root'))(
    'that this user may not read, in a directory of his own, ends with 78',
    async () => {
      await using directory = await temporaryDirectory();
      await writeFile(join(directory.path, fileName), '{}', { mode: 0o000 });
      await chmod(directory.path, 0o755);
      const args = [bins.apply, '--state-dir', directory.path];
      expect((await runProcess(runtimes.node, args, user)).status).toBe(78);
    },
  );

  it('that is broken makes a JSON document of a failure when --json asks for one', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, fileName), '{"lockTimeout": "soon"}');
    const args = [bins.apply, '--json', '--state-dir', directory.path];
    const { status, stdout, stderr } = await runProcess(runtimes.node, args);
    expect({ status, stderr }).toEqual({ status: 78, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', error: { code: 'CONFIG_INVALID' } });
  });
});

describe('a flag that cannot be read', () => {
  it('makes a JSON document of a failure when --json asks for one', async () => {
    const args = [bins.apply, '--json', '--lock-timeout', 'soon'];
    const { status, stdout } = await runProcess(runtimes.node, args);
    expect({ status, code: JSON.parse(stdout).error.code }).toEqual({ status: 64, code: 'DURATION_INVALID' });
  });
});

describe('a state directory', () => {
  it.skipIf(isMissing('root'))('of somebody else ends with 73', async () => {
    await using directory = await temporaryDirectory();
    await chmod(directory.path, 0o700);
    const args = [bins.apply, '--state-dir', directory.path];
    const { status, stderr } = await runProcess(runtimes.node, args, user);
    expect(status).toBe(73);
    expect(stderr).toContain('[STATE_DIRECTORY]');
  });

  it('with a path that is too long ends with 73', async () => {
    const stateDir = `/${'d'.repeat(200)}`.repeat(25);
    const apply = await runProcess(runtimes.node, [bins.apply, '--state-dir', stateDir]);
    const status = await holdfast(['db', 'status', '--state-dir', stateDir]);
    expect([apply.status, status.status]).toEqual([73, 73]);
  });
});

describe('output that cannot be written', () => {
  const shell = (words: string) => ['sh', ['-c', words]] as const;

  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])(
    'ends with 74 and one line on %s',
    async (name) => {
      await using world = await policyWorld({ dataplane: 'recorded' });
      const flags = world.flags.join(' ');
      const calls = [
        `${bins.apply} ${flags}`,
        `${bins.apply} ${flags} --json`,
        `${bins.apply} --help`,
        `${bins.reconcile} --version`,
        `${bins.holdfast} --version`,
        `${bins.holdfast} db status --state-dir ${world.stateDir}`,
      ];
      for (const call of calls) {
        const { status, stderr } = await runProcess(...shell(`${runtimes[name]} ${call} > /dev/full`));
        expect({ call, status, lines: stderr.split('\n').length - 1 }).toEqual({
          call,
          status: 74,
          lines: 1,
        });
        expect(stderr).toMatch(/^error: .*\[WRITE_FAILED\]\n$/);
      }
    },
  );

  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])(
    'because its reader has gone is no failure on %s',
    async (name) => {
      for (const args of [[bins.apply, '--help'], [bins.holdfast, '--version'], [bins.holdfast]]) {
        const { child, finished } = startProcess(runtimes[name], args);
        child.stdout?.destroy();
        const { status, stderr } = await finished;
        expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
      }
    },
  );

  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])(
    'keeps the exit status when it is talk, on %s',
    async (name) => {
      const words = `${runtimes[name]} ${bins.apply} --bogus 2> /dev/full`;
      const log = `${runtimes[name]} ${bins.apply} --state-dir /dev/null --log-level debug 2> /dev/full`;
      const statuses = [(await runProcess(...shell(words))).status, (await runProcess(...shell(log))).status];
      expect(statuses).toEqual([64, 73]);
    },
  );
});

describe('holdfast', () => {
  it.each([[[]], [['help']], [['--help']], [['db']], [['db', '--help']], [['db', '-h']], [['help', 'db']]])(
    '%j lists the commands with 0',
    async (words) => {
      const { status, stdout, stderr } = await holdfast(words);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain('holdfast db seed');
    },
  );

  it.each([[['help', 'db', 'seed']], [['db', 'seed', '--help']]])(
    '%j tells the options of it',
    async (words) => {
      const { status, stdout } = await holdfast(words);
      expect(status).toBe(0);
      expect(stdout).toContain('--gateway <name>');
    },
  );

  it.each([[['dbx']], [['db', 'drop']], [['help', 'dbx']]])('%j is refused with 64', async (words) => {
    expect((await holdfast(words)).status).toBe(64);
  });

  it('db seed refuses a gateway name that leaves the directory with 64', async () => {
    await using directory = await temporaryDirectory();
    const args = ['db', 'seed', '--state-dir', directory.path, '--gateway', '../../x'];
    const { status, stderr } = await holdfast(args);
    expect(status).toBe(64);
    expect(stderr).not.toMatch(stackLine);
  });
});

function holdfast(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runProcess(runtimes.node, [bins.holdfast, ...args], { env, guardMs });
}
