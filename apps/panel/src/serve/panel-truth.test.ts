import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../tests/support/temporary-directory.ts';
import { databaseFile } from './database-file.ts';
import { patientUrl } from './panel-truth.ts';

describe('the URL of a database', () => {
  it.each([
    ['sqlite:/var/lib/truth.db', 'sqlite:/var/lib/truth.db'],
    ['mysql://u:p@h/d', 'mysql://u:p@h/d?connect-timeout=3s&statement-timeout=10s'],
    ['mariadb://h/d?socket=/s', 'mariadb://h/d?socket=/s&connect-timeout=3s&statement-timeout=10s'],
    ['mysql://h/d?statement-timeout=1m', 'mysql://h/d?statement-timeout=1m&connect-timeout=3s'],
  ])('%s gets the patience of a page', (url, patient) => {
    expect(patientUrl(url)).toBe(patient);
  });
});

describe('a database file', () => {
  it('is the same, gone, or replaced', async () => {
    await using place = await temporaryDirectory();
    const [path, backup] = [join(place.path, 'truth.db'), join(place.path, 'backup.db')];
    writeFileSync(path, '');
    writeFileSync(backup, '');
    const file = databaseFile(`sqlite:${path}`);
    expect(file.standing()).toBe('same');
    renameSync(path, `${path}.old`);
    expect(file.standing()).toBe('gone');
    renameSync(backup, path);
    expect(file.standing()).toBe('replaced');
    rmSync(path);
  });

  it('of a server is always the same', () => {
    expect(databaseFile('mysql://h/d').standing()).toBe('same');
    expect(databaseFile('sqlite::memory:').standing()).toBe('same');
  });
});
