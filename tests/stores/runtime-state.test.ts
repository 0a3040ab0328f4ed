/** The command beside stores that are in use: what it shows, what it does, and how it ends. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentsOf, StewardWorld } from '../../packages/runtime-stores/src/testing/steward-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { runState } from './state-command.ts';

let world: StewardWorld;
beforeEach(async () => {
  world = new StewardWorld();
  await world.fill();
});
afterEach(() => world[Symbol.dispose]());

const familiesPath = async () => {
  const documents = await documentsOf(world.steward('token:panel').area);
  return documents.find(({ path }) => path.includes('families'))?.path ?? '';
};

describe('runtime-state', () => {
  it('shows stores, entries and resets, and never a secret', async () => {
    const { current, previous } = await world.salt.current();
    const answers = await Promise.all([
      runState(world.home, 'list'),
      runState(world.home, 'inspect', 'token:panel'),
      runState(world.home, 'inspect', 'salt:ip'),
      runState(world.home, 'inspect', 'rate-limit'),
      runState(world.home, 'validate'),
      runState(world.home, 'reset', 'salt', '--dry-run'),
      runState(world.home, 'reset', 'token', '--dry-run'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 2, 2]);
    const [list, tokens, salt] = answers;
    expect(list?.body.areas).toMatchObject([
      { area: 'rate-limit', documents: 1, entries: 1, damaged: 0, durability: 'none' },
      { area: 'captcha', documents: 0, durability: 'full' },
      { area: 'token:panel', documents: 3, entries: 3, durability: 'full' },
      { area: 'salt:ip', documents: 1, entries: 1, durability: 'full' },
    ]);
    expect(tokens?.body.documents[0]?.shown[0]).toMatchObject({ user: 'ana', isRevoked: false });
    expect(salt?.body.documents[0]?.shown).toMatchObject([
      { name: 'current', label: expect.stringMatching(/^[0-9a-f]{8}$/), standing: 'young' },
      { name: 'previous', validForMs: expect.any(Number) },
    ]);
    const said = answers.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const secret of [current.secret, previous?.secret ?? '', 'a5'.repeat(32)])
      expect(said).not.toContain(secret);
  });

  it('finds what is damaged, resets it, and puts it back', async () => {
    const path = await familiesPath();
    const spoiled = world.spoil(path, 'truncated');
    const checked = await runState(world.home, 'validate');
    expect([checked.status, checked.body.error.code]).toEqual([65, 'DOCUMENT_INVALID']);
    expect(checked.body.findings).toMatchObject([
      { area: 'token:panel', condition: 'damaged', verdict: 'reset', problem: { code: 'DOCUMENT_INVALID' } },
    ]);

    const shown = await runState(world.home, 'reset', 'token:panel', '--damaged', '--dry-run');
    expect([shown.status, shown.body.outcome]).toEqual([2, 'pending']);
    expect(readFileSync(path)).toEqual(spoiled);

    const done = await runState(world.home, 'reset', 'token:panel', '--damaged');
    expect([done.status, done.body.outcome, done.body.documents.length]).toEqual([0, 'reset', 1]);
    expect((await runState(world.home, 'validate')).status).toBe(0);
    const again = await runState(world.home, 'reset', 'token:panel', '--damaged');
    expect([again.status, again.body.outcome]).toEqual([0, 'kept']);

    const [made] = done.body.resets;
    expect((await runState(world.home, 'undo', made.id)).body.outcome).toBe('undone');
    expect(readFileSync(path)).toEqual(spoiled);
    const listed = await runState(world.home, 'list');
    expect(listed.body.resets).toMatchObject([{ status: 'undoable' }, { id: made.id, status: 'undone' }]);
  });

  it('refuses to undo over what was written since, unless it is told to', async () => {
    const { body } = await runState(world.home, 'reset', 'salt:ip');
    await world.salt.rotateIfDue();
    const { id } = body.resets[0];
    world.aheadMs = 200 * 3_600_000;
    await world.salt.rotateIfDue();
    const refused = await runState(world.home, 'undo', id);
    expect([refused.status, refused.body.error.code]).toEqual([3, 'RESET_CONFLICT']);
    expect((await runState(world.home, 'undo', id, '--overwrite')).status).toBe(0);
  });

  it('refuses to forget CAPTCHAs that somebody could use again', async () => {
    await world.claim();
    const { status, body } = await runState(world.home, 'reset', 'captcha');
    expect([status, body.outcome, body.error.code]).toEqual([3, 'refused', 'REFUSED']);
    const again = { hash: 'f'.repeat(64), scope: 'login', attemptId: 'two', state: 'ok' } as const;
    expect(await world.claims.claim(again, 60_000)).toMatchObject({ kind: 'taken' });
  });

  it('names who holds a lock, and gives up on it in time', async () => {
    await using _held = await world.runner.acquire('salt:ip', { purpose: 'somebody' });
    const { body } = await runState(world.home, 'who', 'salt:ip');
    expect(body.holder).toMatchObject({ pid: process.pid, purpose: 'somebody' });
    const listed = await runState(world.home, 'locks');
    expect(listed.body.locks).toMatchObject([{ prefix: 'salt-ip', holder: { pid: process.pid } }]);
    const before = readFileSync(join(world.directory, 'salt/ip.json'));
    const busy = await runState(world.home, 'reset', 'salt:ip', '--lock-timeout', '0');
    expect([busy.status, busy.body.error.code]).toEqual([75, 'LOCK_BUSY']);
    expect(readFileSync(join(world.directory, 'salt/ip.json'))).toEqual(before);
  });

  it('sweeps what has expired, heals nothing that is whole, and leaves its files private', async () => {
    const { status, body } = await runState(world.home, 'sweep');
    expect(status).toBe(0);
    expect(body.areas).toMatchObject([
      { area: 'rate-limit', removed: 0, kept: 1 },
      { area: 'captcha' },
      { area: 'token:panel', removed: 0, kept: 3 },
      { area: 'salt:ip', rotated: false, kept: 1 },
    ]);
    const files = readdirSync(world.directory, { recursive: true, withFileTypes: true });
    const open = files.filter((file) => (statSync(join(file.parentPath, file.name)).mode & 0o077) !== 0);
    expect(open.map(({ name }) => name)).toEqual([]);
  });
});

describe('the command line', () => {
  it.each([
    ['a word that is no command', ['frobnicate'], 64],
    ['an area that is none', ['reset', 'nonsense'], 64],
    ['a document outside', ['inspect', 'salt:ip', '--document', '../../etc/passwd'], 64],
    ['a salt that overlaps for longer than it lives', ['list', '--salt-overlap', '999h'], 64],
    ['a reset that is not there', ['undo', '20261121T210352000Z-0123456789abcdef-0123456789abcdef'], 64],
    ['a state directory that is not there', ['list', '--state-dir', '/nonexistent/holdfast'], 73],
  ])('refuses %s', async (_what, words, expected) => {
    const place = words.includes('--state-dir') ? [] : ['--state-dir', world.home];
    const { status, stdout, stderr } = await runProcess(runtimes.node, [bins.state, ...words, ...place]);
    expect([status, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/^error: .*\[(USAGE|RESET_UNKNOWN|STATE_DIRECTORY)\]\nhint: /);
  });

  it('ends with 65 over a stranger in the place of a document, and with 3 where it is no file', async () => {
    const path = await familiesPath();
    writeFileSync(path, 'a stranger');
    writeFileSync(`${path}.last-good`, '');
    expect((await runState(world.home, 'validate')).status).toBe(65);
    const counters = (await documentsOf(world.steward('rate-limit').area))[0]?.path ?? '';
    renameSync(counters, `${counters}.away`);
    mkdirSync(counters);
    const { status, body } = await runState(world.home, 'reset', 'rate-limit', '--damaged');
    expect([status, body.error.code]).toEqual([3, 'REFUSED']);
  });
});
