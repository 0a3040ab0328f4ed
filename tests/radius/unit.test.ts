/** The systemd unit of the mapper: what systemd says of it, and that it fits the command it starts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommandLine } from '@holdfast/host/cli';
import { resolveSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { mapperCommand, mapperSettings } from '../../apps/radius-mapper/src/mapper-command.ts';
import { isMissing } from '../support/needs.ts';
import { bins, repository } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const path = join(repository, 'apps/radius-mapper/systemd/vpn-radius-mapper.service');
const program = '/usr/local/bin/vpn-radius-mapper';
const text = readFileSync(path, 'utf8');

/** The values of a key, in order. */
function valuesOf(key: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1));
}

describe('the unit of the mapper', () => {
  it('gives a command line that is understood, on loopback and in the directory that it makes', () => {
    const [file, ...words] = valuesOf('ExecStart')[0]?.split(' ') ?? [];
    expect(file).toBe(program);
    const settings = resolveSettings(mapperSettings, {
      flags: parseCommandLine(mapperCommand, words) ?? {},
      environment: {},
      file: { path: undefined, values: {} },
    });
    expect(settings.listen.value).toMatchObject({ kind: 'tcp', host: '127.0.0.1', port: 8081 });
    expect(settings.stateDir.value).toBe(`/var/lib/${valuesOf('StateDirectory')[0]}`);
  });

  it('runs it as nobody in particular, without capabilities and without other addresses', () => {
    expect(valuesOf('DynamicUser')).toEqual(['yes']);
    expect(valuesOf('CapabilityBoundingSet')).toEqual(['']);
    expect(valuesOf('AmbientCapabilities')).toEqual(['']);
    expect(valuesOf('IPAddressAllow')).toEqual(['localhost']);
  });

  it.each([
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['NoNewPrivileges', 'yes'],
    ['UMask', '0077'],
    ['StateDirectoryMode', '0700'],
    ['SystemCallFilter', '~@privileged @resources'],
  ])('says %s=%s', (key, value) => {
    expect(valuesOf(key).at(-1)).toBe(value);
  });

  it('leaves it more time to end than it takes', () => {
    const source = readFileSync(join(repository, 'apps/radius-mapper/src/serve/run-mapper.ts'), 'utf8');
    const limits = [...source.matchAll(/const (?:graceMs|farewellMs) = ([\d_]+);/g)];
    const takesMs = limits.reduce((sum, [, ms = '']) => sum + Number(ms.replaceAll('_', '')), 0);
    expect(limits).toHaveLength(2);
    expect(takesMs).toBeLessThan(1_000 * Number.parseInt(valuesOf('TimeoutStopSec')[0] ?? '', 10));
  });
});

describe.skipIf(isMissing('systemd'))('systemd', () => {
  it('finds nothing wrong with it', async () => {
    await using place = await temporaryDirectory();
    const copy = join(place.path, 'vpn-radius-mapper.service');
    writeFileSync(copy, text.replaceAll(program, bins.mapper));
    const { stdout, stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', copy]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('vpn-radius'))).toEqual([]);
  });

  it('gives it an exposure of 17 tenths at most', async () => {
    const args = ['security', '--offline=true', '--threshold=17', path];
    expect((await runProcess('systemd-analyze', args)).status).toBe(0);
  });
});
