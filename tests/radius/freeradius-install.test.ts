/** `vpn-radius-mapper raddb install` on the configuration as Debian's package brings it: FreeRADIUS takes the result. */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

describe.skipIf(isMissing('freeradius'))('raddb install', () => {
  let place: TemporaryDirectory;
  let raddb: string;

  beforeEach(async () => {
    place = await temporaryDirectory();
    raddb = join(place.path, '3.0');
    // With its owners: FreeRADIUS reads it as its own user.
    await runProcess('cp', ['-a', '/etc/freeradius/3.0', raddb]);
    await chmod(place.path, 0o755);
    const conf = join(raddb, 'radiusd.conf');
    const text = await readFile(conf, 'utf8');
    await writeFile(conf, text.replace(/^raddbdir = .*$/m, `raddbdir = ${raddb}`));
  });

  afterEach(() => place[Symbol.asyncDispose]());

  const install = async (...flags: readonly string[]) => {
    const words = [
      'raddb',
      'install',
      '--directory',
      raddb,
      '--state-dir',
      join(place.path, 'state'),
      '--json',
    ];
    const finished = await runProcess(runtimes.node, [bins.mapper, ...words, ...flags]);
    return { ...finished, report: JSON.parse(finished.stdout) };
  };

  it('writes the files, makes the secret, and FreeRADIUS takes the configuration', async () => {
    const { status, report, stdout } = await install();
    expect(report.check).toEqual({ kind: 'taken' });
    expect(status).toBe(0);
    const [, links = ''] = /^rm (.*?) +#/.exec(report.next[0]) ?? [];
    expect(links.split(' ')).toContain(join(raddb, 'sites-enabled/default'));
    for (const link of links.split(' ')) await rm(link);
    const again = await install();
    expect(again.report.check, 'without the sites of the package').toEqual({ kind: 'taken' });
    expect(again.report.next[0]).not.toContain('rm ');
    const secret = (await readFile(join(place.path, 'state/radius-mapper.secret'), 'utf8')).trim();
    expect(await readFile(join(raddb, 'holdfast/secret.conf'), 'utf8')).toContain(`"${secret}"`);
    expect(stdout).not.toContain(secret);
  });

  it('tells a configuration that FreeRADIUS refuses', async () => {
    await install();
    await writeFile(join(raddb, 'holdfast/clients.conf'), 'client broken {\n');
    const { status, report } = await install();
    expect(report.check.kind).toBe('refused');
    expect(report.check.said.join('\n')).toContain('clients.conf');
    expect(status).toBe(78);
  });
});
