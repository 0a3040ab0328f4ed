/** The systemd unit of the panel: what systemd says of it, and that it fits the command it starts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '@holdfast/host/cli';
import { resolveSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { findCommand } from '../../apps/panel/src/commands.ts';
import { panelSettings } from '../../apps/panel/src/serve/panel-command.ts';
import { isMissing } from '../support/needs.ts';
import { bins, repository } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const path = join(repository, 'apps/panel/systemd/vpn-panel.service');
const program = '/usr/local/bin/vpn-panel';
const text = readFileSync(path, 'utf8');

/** The values of a key, in order. */
function valuesOf(key: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1));
}

describe('the unit of the panel', () => {
  const [file, ...words] = valuesOf('ExecStart')[0]?.split(' ') ?? [];
  const found = findCommand(words);
  const settings = resolveSettings(panelSettings, {
    flags: found === undefined ? {} : (parseCommand(found.command.definition, found.rest)?.flags ?? {}),
    environment: {},
    file: { path: undefined, values: {} },
  });

  it('gives a command line that is understood, on loopback and in the directory that it makes', () => {
    expect([file, found?.command.isDaemon]).toEqual([program, true]);
    expect(settings.listen.value).toMatchObject({ kind: 'tcp', host: '127.0.0.1', port: 8080 });
    expect(settings.stateDir.value).toBe(`/var/lib/${valuesOf('StateDirectory')[0]}`);
  });

  it('trusts the proxy of its machine alone, which ends TLS', () => {
    expect(settings.secureCookies.value).toBe('always');
    const { trusts } = settings.trustProxy.value;
    expect(['127.0.0.1', '::1', '10.0.0.1', undefined].map(trusts)).toEqual([true, true, false, false]);
  });

  it.each([
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['NoNewPrivileges', 'yes'],
    ['CapabilityBoundingSet', ''],
    ['IPAddressAllow', 'localhost'],
    ['UMask', '0077'],
    ['StateDirectoryMode', '0700'],
    ['SystemCallFilter', '~@privileged @resources'],
  ])('says %s=%s', (key, value) => {
    expect(valuesOf(key).at(-1)).toBe(value);
  });

  it('leaves it more time to end than it takes', () => {
    const source = readFileSync(join(repository, 'apps/panel/src/serve/run-panel.ts'), 'utf8');
    const limits = [...source.matchAll(/const (?:graceMs|farewellMs) = ([\d_]+);/g)];
    const takesMs = limits.reduce((sum, [, ms = '']) => sum + Number(ms.replaceAll('_', '')), 0);
    expect(limits).toHaveLength(2);
    expect(takesMs).toBeLessThan(1_000 * Number.parseInt(valuesOf('TimeoutStopSec')[0] ?? '', 10));
  });

  it('leaves it a descriptor for every connection that it takes', () => {
    expect(Number(valuesOf('LimitNOFILE')[0])).toBeGreaterThan(2 * settings.maxConnections.value);
  });
});

describe.skipIf(isMissing('systemd'))('systemd', () => {
  it('finds nothing wrong with it, and gives it an exposure of 17 tenths at most', async () => {
    await using place = await temporaryDirectory();
    const copy = join(place.path, 'vpn-panel.service');
    writeFileSync(copy, text.replaceAll(program, bins.panel));
    const { stdout, stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', copy]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('vpn-panel'))).toEqual([]);
    const args = ['security', '--offline=true', '--threshold=17', path];
    expect((await runProcess('systemd-analyze', args)).status).toBe(0);
  });
});
