/** `vpn-panel admin …` as an operator calls it: the password comes from a file or unseen from the terminal, and is told to nobody. */
import { join } from 'node:path';
import { createPasswordHasher, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAccount } from '../../apps/panel/src/login/accounts.ts';
import { onTerminal } from '../lock-command/terminal.ts';
import { isMissing } from '../support/needs.ts';
import { bins } from '../support/repository.ts';
import { type Finished, runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const first = 'the first password';
const second = 'the second password';
const ana = 'ana@example.com';

describe('the admins of a panel', () => {
  let directory: TemporaryDirectory;
  let truth: Truth;
  let place: readonly string[];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    truth = openTruth(`sqlite:${join(directory.path, 'truth.sqlite')}`);
    await migrate(truth);
    place = ['--state-dir', directory.path];
  });
  afterAll(async () => {
    await truth?.close();
    await directory?.[Symbol.asyncDispose]();
  });

  const admin = (words: readonly string[], input?: string): Promise<Finished> =>
    runProcess(
      process.execPath,
      [bins.panel, 'admin', ...words, ...place],
      input === undefined ? {} : { input },
    );
  const opens = async (password: string) =>
    (await createPasswordHasher().verify(password, (await findAccount(truth.db, ana))?.passwordHash)).isMatch;

  it('are created with the first line of standard input, and listed without a secret', async () => {
    const created = await admin(
      ['create', 'Ana@Example.com', '--name', 'Ana', '--password-file', '-'],
      `${first}\nmore`,
    );
    expect(created).toMatchObject({ status: 0, stdout: 'a1  ana@example.com  Ana\n', stderr: '' });
    expect(await opens(first)).toBe(true);
    const listed = await admin(['list', '--json']);
    expect(JSON.parse(listed.stdout)).toEqual({
      admins: [{ id: 'a1', email: ana, name: 'Ana', status: 'active', createdAt: expect.any(String) }],
    });
  });

  it('are refused with the status that says why', async () => {
    const [taken, nobody, blind] = await Promise.all([
      admin(['create', ana, '--password-file', '-', '--json'], second),
      admin(['disable', 'nobody@example.com']),
      admin(['password', ana]),
    ]);
    expect(taken.status).toBe(3);
    expect(JSON.parse(taken.stdout).error.code).toBe('EMAIL_TAKEN');
    expect([nobody.status, blind.status]).toEqual([65, 64]);
    expect(taken.stdout + taken.stderr + nobody.stderr + blind.stderr).not.toContain(second);
    expect(await opens(first)).toBe(true);
  });

  it.skipIf(isMissing('script'))('get a password that is typed twice and shown never', async () => {
    const terminal = onTerminal(80, [process.execPath, bins.panel, 'admin', 'password', ana, ...place]);
    await terminal.shown('New password: ');
    terminal.type(`${second}\r`);
    await terminal.shown('The same again: ');
    terminal.type(`${second}\r`);
    expect(await terminal.status).toBe(0);
    expect(terminal.output()).not.toContain(second);
    expect(await opens(second)).toBe(true);
  });

  it.skipIf(isMissing('script'))('keep theirs where somebody interrupts', async () => {
    const terminal = onTerminal(80, [process.execPath, bins.panel, 'admin', 'password', ana, ...place]);
    await terminal.shown('New password: ');
    terminal.type('another\x03');
    expect(await terminal.status).toBe(130);
    expect(await opens(second)).toBe(true);
  });
});
