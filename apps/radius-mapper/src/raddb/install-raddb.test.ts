import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InstallRaddb, installRaddb } from './install-raddb.ts';
import { readShipped, shippedFiles } from './shipped-files.ts';

const secret = '0123456789abcdefghij-_ABC';

describe('installRaddb', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-raddb-'));
    for (const name of ['mods-available', 'mods-enabled', 'sites-available', 'sites-enabled', 'policy.d'])
      mkdirSync(join(directory, name));
    writeFileSync(join(directory, 'radiusd.conf'), '');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const install = (more: Partial<InstallRaddb> = {}) => installRaddb({ directory, secret, ...more });
  const textOf = (path: string) => readFileSync(join(directory, path), 'utf8');
  const write = (path: string, text: string) => writeFileSync(join(directory, path), text);
  const outcomes = async (more?: Partial<InstallRaddb>) =>
    Object.fromEntries((await install(more)).map(({ path, as }) => [path, as]));

  it('writes every shipped file and the secret, for its owner and the group of FreeRADIUS', async () => {
    await install();
    for (const file of shippedFiles) expect(textOf(file.path)).toBe(readShipped(file));
    expect(textOf('holdfast/secret.conf')).toContain(`holdfast_secret = "${secret}"`);
    for (const { path } of shippedFiles) expect(statSync(join(directory, path)).mode & 0o777).toBe(0o640);
    expect(statSync(join(directory, 'holdfast/secret.conf')).mode & 0o777).toBe(0o640);
    expect(statSync(join(directory, 'holdfast')).mode & 0o777).toBe(0o750);
  });

  it('enables the module and both sites by links of this directory, and the degraded mode not', async () => {
    await install();
    expect(readlinkSync(join(directory, 'mods-enabled/holdfast'))).toBe('../mods-available/holdfast');
    expect(readdirSync(join(directory, 'sites-enabled')).toSorted()).toEqual(['holdfast', 'holdfast-replay']);
    expect(readdirSync(join(directory, 'mods-enabled'))).toEqual(['holdfast']);
  });

  it('changes nothing the second time', async () => {
    await install();
    expect(new Set((await install()).map(({ as }) => as))).toEqual(new Set(['unchanged']));
  });

  it('tells what it would do and does none of it', async () => {
    const told = await outcomes({ isDryRun: true });
    expect(told).toMatchObject({ 'policy.d/holdfast': 'written', 'sites-enabled/holdfast': 'linked' });
    expect(existsSync(join(directory, 'holdfast'))).toBe(false);
    expect(readdirSync(join(directory, 'sites-enabled'))).toEqual([]);
  });

  it('keeps an edited file, and replaces it on request with the edited one put aside', async () => {
    await install();
    write('policy.d/holdfast', '# mine\n');
    expect(await outcomes()).toMatchObject({ 'policy.d/holdfast': 'kept' });
    expect(textOf('policy.d/holdfast')).toBe('# mine\n');
    expect(await outcomes({ force: true })).toMatchObject({ 'policy.d/holdfast': 'replaced' });
    expect(textOf('policy.d/holdfast')).not.toBe('# mine\n');
    expect(textOf('holdfast/policy.d_holdfast.bak')).toBe('# mine\n');
    expect(readdirSync(join(directory, 'policy.d')).toSorted(), 'FreeRADIUS reads all of it').toEqual([
      'holdfast',
      'holdfast_sql',
    ]);
  });

  it('never replaces what an operator fills in', async () => {
    await install();
    write('holdfast/clients.conf', 'client mine { }\n');
    expect(await outcomes({ force: true })).toMatchObject({ 'holdfast/clients.conf': 'kept' });
    expect(textOf('holdfast/clients.conf')).toBe('client mine { }\n');
  });

  it('replaces a file of an earlier release that nobody has edited', async () => {
    await install();
    const record = JSON.parse(textOf('holdfast/installed.json'));
    const old = '# of an earlier release\n';
    write('policy.d/holdfast', old);
    const digest = createHash('sha256').update(old).digest('hex');
    write('holdfast/installed.json', JSON.stringify({ ...record, 'policy.d/holdfast': digest }));
    expect(await outcomes()).toMatchObject({ 'policy.d/holdfast': 'written' });
    expect(textOf('policy.d/holdfast')).not.toBe(old);
  });

  it('follows a new secret', async () => {
    await install();
    expect(await outcomes({ secret: `${secret}-new` })).toMatchObject({ 'holdfast/secret.conf': 'written' });
    expect(textOf('holdfast/secret.conf')).toContain(`"${secret}-new"`);
  });

  it('leaves a file in the place of a link alone', async () => {
    write('sites-enabled/holdfast', 'server mine { }\n');
    expect(await outcomes()).toMatchObject({ 'sites-enabled/holdfast': 'kept' });
    expect(lstatSync(join(directory, 'sites-enabled/holdfast')).isFile()).toBe(true);
  });

  it.each(['short', 'a "quoted" secret of enough', 'a $variable of enough characters', ''])(
    'refuses %j as a secret',
    async (bad) => {
      await expect(install({ secret: bad })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      expect(existsSync(join(directory, 'holdfast'))).toBe(false);
    },
  );

  it('gives every pool no connection to begin with, as many as there are threads, and another try after a second', async () => {
    await install();
    for (const path of ['mods-available/holdfast', 'mods-available/holdfast_sql']) {
      const pools = [...textOf(path).matchAll(/\tpool \{\n(.*?)\n\t\}/gs)].map(([, pool = '']) => pool);
      expect(pools.length).toBeGreaterThan(0);
      for (const pool of pools) {
        const options = Object.fromEntries(pool.split('\n').map((line) => line.trim().split(' = ')));
        expect(options).toMatchObject({
          start: '0',
          retry_delay: '1',
          max: expect.stringContaining('max_servers'),
        });
      }
    }
  });

  it('refuses a directory that has no radiusd.conf', async () => {
    rmSync(join(directory, 'radiusd.conf'));
    await expect(install()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(existsSync(join(directory, 'holdfast'))).toBe(false);
  });

  it('repairs nobody’s permissions but those of its own files', async () => {
    chmodSync(join(directory, 'policy.d'), 0o755);
    await install();
    expect(statSync(join(directory, 'policy.d')).mode & 0o777).toBe(0o755);
  });
});
