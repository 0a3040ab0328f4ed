/** A SQLite file that is moved away or replaced while a mapper works with it. */
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addGateway, migrate, openTruth } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCurrentTruth } from './current-truth.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-truth-'));
  path = join(directory, 'truth.sqlite');
  await using truth = openTruth(`sqlite:${path}`);
  await migrate(truth);
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => openCurrentTruth(`sqlite:${path}`, () => openTruth(`sqlite:${path}`, { create: false }));
const away = expect.objectContaining({ code: 'DATABASE_UNREACHABLE' });

describe('the truth in a file', () => {
  it('is away when its file is, and back when it is back', async () => {
    await using current = open();
    const before = current.truth;
    renameSync(path, `${path}.away`);
    expect(() => current.truth).toThrow(away);
    await expect(current.renew()).rejects.toMatchObject({ code: 'SCHEMA_MISSING' });
    renameSync(`${path}.away`, path);
    await current.renew();
    expect(current.truth).toBe(before);
  });

  it('is another one when another file has taken its place', async () => {
    await using current = open();
    const gateways = () => current.truth.db.selectFrom('gateways').select('name').execute();
    {
      await using backup = openTruth(`sqlite:${path}`);
      await backup.transaction((trx) =>
        addGateway(trx, { name: 'old', layout: 'shared-device', device: 'wg0' }),
      );
    }
    expect(await gateways()).toEqual([{ name: 'old' }]);
    const other = join(directory, 'other.sqlite');
    {
      await using truth = openTruth(`sqlite:${other}`);
      await migrate(truth);
    }
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    copyFileSync(other, `${path}.new`);
    renameSync(`${path}.new`, path);
    expect(() => current.truth).toThrow(away);
    await current.renew();
    expect(await gateways()).toEqual([]);
  });

  it('cannot be opened where there is none', () => {
    rmSync(path);
    expect(open).toThrow(expect.objectContaining({ code: 'SCHEMA_MISSING' }));
  });
});
