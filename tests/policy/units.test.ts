/** The systemd units that are shipped: what systemd says of them, and that they fit the command they start. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommandLine } from '@holdfast/host/cli';
import { resolveSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { reconcileCommand, reconcileSettings } from '../../apps/policy-reconcile/src/reconcile-command.ts';
import { isMissing } from '../support/needs.ts';
import { bins, repository } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = join(repository, 'apps/policy-reconcile/systemd');
const program = '/usr/local/bin/vpn-policy-reconcile';

type Unit = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const names = readdirSync(directory).toSorted();
const units = new Map(names.map((name) => [name, parseUnit(readFileSync(join(directory, name), 'utf8'))]));
const services = names.filter((name) => name.endsWith('.service'));

/** What differs between the daemon and a single run; everything else is how both are confined. */
const lifeKeys = [
  'Type',
  'NotifyAccess',
  'ExecStart',
  'ExecStartPost',
  'Restart',
  'RestartSec',
  'RestartPreventExitStatus',
  'SuccessExitStatus',
  'TimeoutStartSec',
  'TimeoutStopSec',
  'WatchdogSec',
];

/** Every key that is used, by section: a slip of the pen is one that is not here, also where systemd is not installed. */
const known: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'After', 'StartLimitIntervalSec'],
  Install: ['WantedBy'],
  Timer: ['OnActiveSec', 'OnUnitInactiveSec', 'AccuracySec', 'RandomizedDelaySec', 'Unit'],
  Path: ['PathExistsGlob', 'Unit'],
  Service: [
    ...lifeKeys,
    'KillMode',
    'StateDirectory',
    'StateDirectoryMode',
    'UMask',
    'ProtectSystem',
    'ProtectHome',
    'PrivateTmp',
    'PrivateDevices',
    'DevicePolicy',
    'User',
    'CapabilityBoundingSet',
    'NoNewPrivileges',
    'RestrictSUIDSGID',
    'ProtectClock',
    'ProtectControlGroups',
    'ProtectHostname',
    'ProtectKernelLogs',
    'ProtectKernelModules',
    'ProtectKernelTunables',
    'KeyringMode',
    'RemoveIPC',
    'RestrictAddressFamilies',
    'RestrictNamespaces',
    'RestrictRealtime',
    'LockPersonality',
    'SystemCallArchitectures',
    'SystemCallFilter',
    'SystemCallErrorNumber',
    'TasksMax',
  ],
};

describe('the units', () => {
  it('are a daemon, and a single run with what starts it', () => {
    expect(names).toEqual([
      'vpn-policy-reconcile-once.path',
      'vpn-policy-reconcile-once.service',
      'vpn-policy-reconcile-once.timer',
      'vpn-policy-reconcile.service',
    ]);
  });

  it.each(names)('of %s have no key that is unknown', (name) => {
    const used = Object.entries(units.get(name) ?? {}).flatMap(([section, keys]) =>
      Object.keys(keys).filter((key) => known[section]?.includes(key) !== true),
    );
    expect(used).toEqual([]);
  });

  it.each(names.filter((name) => !name.endsWith('.service')))('of %s start a unit that is there', (name) => {
    const { Timer = {}, Path = {} } = units.get(name) ?? {};
    expect([...(Timer.Unit ?? []), ...(Path.Unit ?? [])]).toEqual(['vpn-policy-reconcile-once.service']);
  });

  it.each(services)('of %s give a command line that is understood', (name) => {
    const [file, ...words] = settingOf(name, 'Service', 'ExecStart').split(' ');
    expect(file).toBe(program);
    const flags = parseCommandLine(reconcileCommand, words) ?? {};
    const settings = resolveSettings(reconcileSettings, {
      flags,
      environment: {},
      file: { path: undefined, values: {} },
    });
    expect(settings.watch.value).toBe(name === 'vpn-policy-reconcile.service');
    expect(settings.once.value).toBe(!settings.watch.value);
  });

  it('confine both services alike', () => {
    const confinement = services.map((name) =>
      Object.entries(units.get(name)?.Service ?? {}).filter(([key]) => !lifeKeys.includes(key)),
    );
    expect(confinement[0]).toEqual(confinement[1]);
    expect(settingOf(services[0] ?? '', 'Service', 'CapabilityBoundingSet')).toBe('CAP_NET_ADMIN');
  });

  it('watch the spool of the state directory that they make', () => {
    const made = settingOf('vpn-policy-reconcile.service', 'Service', 'StateDirectory').split(' ');
    const glob = settingOf('vpn-policy-reconcile-once.path', 'Path', 'PathExistsGlob');
    expect(made.map((name) => `/var/lib/${name}/*.event`)).toContain(glob);
  });

  it('leave a run more time to end than the daemon takes', () => {
    expect(settingOf('vpn-policy-reconcile.service', 'Service', 'TimeoutStopSec')).toBe('45s');
    const source = readFileSync(join(repository, 'apps/policy-reconcile/src/daemon.ts'), 'utf8');
    expect(source).toContain('drainMs = 30_000');
    // nft and tc must not hear of it.
    expect(services.map((name) => settingOf(name, 'Service', 'KillMode'))).toEqual(['mixed', 'mixed']);
  });
});

describe.skipIf(isMissing('systemd'))('systemd', () => {
  it('finds nothing wrong with the units', async () => {
    await using place = await temporaryDirectory();
    for (const name of names) {
      const text = readFileSync(join(directory, name), 'utf8');
      writeFileSync(join(place.path, name), text.replaceAll(program, bins.reconcile));
    }
    const paths = names.map((name) => join(place.path, name));
    const { stdout, stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', ...paths]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('vpn-policy'))).toEqual([]);
  });

  it('finds a key that does not exist', async () => {
    await using place = await temporaryDirectory();
    const path = join(place.path, 'vpn-policy-broken.service');
    writeFileSync(path, `[Service]\nExecStart=${bins.reconcile}\nProtectSytem=strict\n`);
    const { stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', path]);
    expect(stderr).toContain('ProtectSytem');
  });

  it.each([
    ['vpn-policy-reconcile.service', 25],
    ['vpn-policy-reconcile-once.service', 23],
  ])('gives %s an exposure of %d tenths at most', async (name, tenths) => {
    const path = join(directory, name);
    const args = ['security', '--offline=true', `--threshold=${tenths}`, path];
    expect((await runProcess('systemd-analyze', args)).status).toBe(0);
  });
});

function settingOf(name: string, section: string, key: string): string {
  return units.get(name)?.[section]?.[key]?.at(-1) ?? '';
}

/** Sections, keys, and all values of each key, in order. Long lines are not continued in ours. */
function parseUnit(text: string): Unit {
  const unit: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    const title = /^\[(\w+)\]$/.exec(line)?.[1];
    if (title !== undefined) {
      section = unit[title] ?? {};
      unit[title] = section;
    } else if (line !== '' && !line.startsWith('#')) {
      const place = line.indexOf('=');
      if (place < 1) throw new Error(`no assignment: ${line}`);
      const key = line.slice(0, place);
      section[key] = [...(section[key] ?? []), line.slice(place + 1)];
    }
  }
  return unit;
}
