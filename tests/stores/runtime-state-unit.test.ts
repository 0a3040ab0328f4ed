/** The systemd unit of the keeper: what systemd says of it, and that it fits the command it starts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '@holdfast/host/cli';
import { resolveSettings } from '@holdfast/host/config';
import { describe, expect, it } from 'vitest';
import { serveCommand, serveSettings } from '../../apps/runtime-state/src/serve/serve-command.ts';
import { isMissing } from '../support/needs.ts';
import { bins, repository } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const path = join(repository, 'apps/runtime-state/systemd/holdfast-runtime-state.service');
const program = '/usr/local/bin/runtime-state';
const text = readFileSync(path, 'utf8');

/** The values of a key, in order. */
function valuesOf(key: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1));
}

describe('the unit of the keeper', () => {
  it('gives a command line that is understood, on loopback and in the directory that it makes', () => {
    const [file, command, ...words] = valuesOf('ExecStart')[0]?.split(' ') ?? [];
    expect([file, command]).toEqual([program, 'serve']);
    const settings = resolveSettings(serveSettings, {
      flags: parseCommand(serveCommand, words)?.flags ?? {},
      environment: {},
      file: { path: undefined, values: {} },
    });
    expect(settings.listen.value).toMatchObject({ kind: 'tcp', host: '127.0.0.1', port: 8083 });
    expect(settings.stateDir.value).toBe(`/var/lib/${valuesOf('StateDirectory')[0]}`);
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

  it('leaves it room for the locks of a whole reset', () => {
    const steward = readFileSync(join(repository, 'packages/runtime-stores/src/steward/steward.ts'), 'utf8');
    const [, most = ''] = /const mostDocuments = ([\d_]+);/.exec(steward) ?? [];
    expect(Number(valuesOf('LimitNOFILE')[0])).toBeGreaterThan(4 * Number(most.replaceAll('_', '')));
  });
});

describe.skipIf(isMissing('systemd'))('systemd', () => {
  it('finds nothing wrong with it, and gives it an exposure of 17 tenths at most', async () => {
    await using place = await temporaryDirectory();
    const copy = join(place.path, 'holdfast-runtime-state.service');
    writeFileSync(copy, text.replaceAll(program, bins.state));
    const { stdout, stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', copy]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('runtime-state'))).toEqual([]);
    const args = ['security', '--offline=true', '--threshold=17', path];
    expect((await runProcess('systemd-analyze', args)).status).toBe(0);
  });
});
