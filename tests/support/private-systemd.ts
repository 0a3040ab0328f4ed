/**
 * A systemd of a test's own: the first process of its own namespaces, in a cgroup of its own, with the units of one of our apps and
 * hardly any other. It sees the machine's files, the state directory of the test as /var/lib/holdfast and the network of the test's
 * lab, or one where there is nobody else; what it runs dies with it, as its namespace of processes does.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repository } from './repository.ts';
import { runProcess, startProcess } from './run-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface PrivateSystemdOptions {
  /** Whose units there are, and whose commands in /usr/local/bin. */
  readonly app: 'policy-reconcile' | 'radius-mapper';
  readonly stateDir: string;
  /** The network of a lab; one of its own, with loopback alone, by default. */
  readonly netns?: string;
  /** Lines of a `[Service]` section by unit: what the test needs sooner than an operator does. */
  readonly dropIns?: Readonly<Record<string, readonly string[]>>;
}

export interface PrivateSystemd extends AsyncDisposable {
  /** Of systemd, among the processes of the machine: who enters its namespaces gives it. */
  readonly pid: number;
  /** `systemctl` inside; throws when it fails. */
  systemctl(...args: readonly string[]): Promise<string>;
  /** A property of a unit. */
  property(unit: string, name: string): Promise<string>;
  /** Asks for it until it fits. */
  becomes(unit: string, name: string, fits: (value: string) => boolean): Promise<string>;
}

const manager = '/lib/systemd/systemd';

/** Where the second version of cgroups is mounted, alone or beside the first. */
const cgroupRoot = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
  existsSync(join(path, 'cgroup.procs')),
);

/** Containers commonly cannot make cgroups, and have no systemd to run either. */
export function canRunSystemd(): boolean {
  if (cgroupRoot === undefined || !existsSync(manager) || process.geteuid?.() !== 0) return false;
  const probe = join(cgroupRoot, `hf-test-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return true;
  } catch {
    return false; // read-only, or not ours
  }
}

/** What the units need of others: nothing that would be of this machine. */
const targets = ['sysinit', 'basic', 'multi-user', 'timers', 'paths', 'default'] as const;

/**
 * Makes the places that the units name out of what the test has. Everything that is mounted here is mounted in a namespace of
 * its own; the repository stands at /opt because the units hide the homes of people.
 */
const entry = `set -e
ip link set lo up
mount --make-rprivate /
umount -R -l /run/netns 2>/dev/null || true
for place in /run /etc/systemd /var/lib /opt /lib/systemd/system-generators; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /var/lib/holdfast /opt/holdfast
mount --bind "$1" /var/lib/holdfast
mount --bind "$2" /opt/holdfast
mount --bind "$3/bin" /usr/local/bin
umount -R -l /sys/fs/cgroup
mount -t tmpfs tmpfs /sys/fs
mkdir /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=holdfast-test SYSTEMD_UNIT_PATH="$3/units" \\
  ${manager} --system --unit=default.target --log-target=console`;

export async function startPrivateSystemd(options: PrivateSystemdOptions): Promise<PrivateSystemd> {
  const { stateDir, netns } = options;
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  await writeGround(path, options);
  const cgroup = join(cgroupRoot ?? '', `hf-test-${process.pid}-${Date.now()}`);
  mkdirSync(cgroup);
  cleanup.defer(() => removeCgroup(cgroup));
  const network = netns === undefined ? [] : ['nsenter', `--net=/run/netns/${netns}`];
  const namespaces = ['--mount', '--pid', '--fork', '--ipc', '--uts', '--cgroup', '--mount-proc'];
  if (netns === undefined) namespaces.push('--net');
  const { child, finished } = startProcess(
    'sh',
    [
      '-c',
      'echo $$ > "$1/cgroup.procs"; shift; exec "$@"',
      'sh',
      cgroup,
      ...[...network, 'unshare', ...namespaces, '--kill-child=KILL'],
      ...['sh', '-c', entry, 'sh', stateDir, repository, path],
    ],
    { guardMs: 120_000 },
  );
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await finished;
  });
  let said = '';
  child.stderr?.on('data', (text: string) => {
    said += text;
  });
  const pid = await firstProcessOf(child.pid ?? 0, () => said);
  const systemctl: PrivateSystemd['systemctl'] = async (...args) => {
    const into = ['-t', String(pid), '-m', '-p', '-C', 'systemctl', '--no-pager', ...args];
    const { status, stdout, stderr } = await runProcess('nsenter', into);
    if (status !== 0) throw new Error(`systemctl ${args.join(' ')}: ${stderr}${said}`);
    return stdout.trim();
  };
  const property: PrivateSystemd['property'] = (unit, name) => systemctl('show', '--value', '-p', name, unit);
  const becomes: PrivateSystemd['becomes'] = async (unit, name, fits) => {
    for (;;) {
      const value = await property(unit, name);
      if (fits(value)) return value;
      await delay(50);
    }
  };
  while (
    (await runProcess('nsenter', ['-t', String(pid), '-m', '-p', 'systemctl', 'is-active', 'default.target']))
      .status !== 0
  ) {
    if (child.exitCode !== null) throw new Error(`systemd has ended: ${said}`);
    await delay(50);
  }
  const opened = cleanup.move();
  return { pid, systemctl, property, becomes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function writeGround(path: string, { app, dropIns = {} }: PrivateSystemdOptions): Promise<void> {
  const unitDirectory = join(repository, 'apps', app, 'systemd');
  await chmod(path, 0o755);
  const [bin, unitsPath] = [join(path, 'bin'), join(path, 'units')];
  await mkdir(bin);
  await mkdir(unitsPath);
  for (const name of readdirSync(join(repository, 'apps', app, 'bin'))) {
    const program = `#!/bin/sh\nexec /opt/holdfast/node_modules/node/bin/node /opt/holdfast/apps/${app}/bin/${name} "$@"\n`;
    await writeFile(join(bin, basename(name, '.js')), program, { mode: 0o755 });
  }
  for (const name of readdirSync(unitDirectory))
    await copyFile(join(unitDirectory, name), join(unitsPath, name));
  for (const target of targets)
    await writeFile(join(unitsPath, `${target}.target`), '[Unit]\nDescription=-\n');
  for (const [unit, lines] of Object.entries(dropIns)) {
    await mkdir(join(unitsPath, `${unit}.d`));
    await writeFile(join(unitsPath, `${unit}.d`, 'test.conf'), ['[Service]', ...lines, ''].join('\n'));
  }
}

/** systemd: the child of unshare(1), which is what the shell and nsenter have become. */
async function firstProcessOf(pid: number, said: () => string): Promise<number> {
  for (;;) {
    try {
      const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      if (
        child !== undefined &&
        child !== '' &&
        readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n'
      ) {
        return Number(child);
      }
    } catch (cause) {
      throw new Error(`no systemd came up: ${said()}`, { cause });
    }
    await delay(20);
  }
}

/** Its processes are dead; the kernel may need a moment to say so. */
async function removeCgroup(path: string): Promise<void> {
  writeFileSync(join(path, 'cgroup.kill'), '1');
  const directories = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((one, other) => other.length - one.length);
  for (const directory of [...directories, path]) {
    for (let tries = 0; ; tries += 1) {
      try {
        rmdirSync(directory);
        break;
      } catch (error) {
        if (tries === 100) throw error;
        await delay(20);
      }
    }
  }
}
