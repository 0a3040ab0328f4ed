/** Accounting that cannot reach truth: kept on disk, in order, up to a limit, and applied when truth answers. */
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { encodeDocument } from '@holdfast/state';
import type { Truth } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import { AccountingIntake } from '../../apps/radius-mapper/src/accounting/accounting-intake.ts';
import type { Mapper } from '../../apps/radius-mapper/src/mapper.ts';
import { createSpoolName } from '../../apps/radius-mapper/src/spool/spool-name.ts';
import { type AccountingWorld, accountingWorld, eventOf, unreachable } from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };
const address = { framedIp: '10.8.0.7' };
const { signal } = new AbortController();

let world: AccountingWorld;
let id: number;
let answer: 'normal' | 'away' | 'silent' | HoldfastError;

beforeEach(async () => {
  world = await accountingWorld();
  id = await world.connection(phone.user);
  answer = 'normal';
});
afterEach(() => world[Symbol.asyncDispose]());

/** The truth of the world, as it answers now. */
function intakeOf(
  settings: Partial<Mapper['settings']> = {},
  stateDirectory = world.stateDir,
): AccountingIntake {
  const transaction: Truth['transaction'] = async (fn) => {
    if (answer === 'silent') return await new Promise<never>(() => undefined);
    if (answer === 'away') throw unreachable();
    if (answer !== 'normal') throw answer;
    return world.truth.transaction(fn);
  };
  const { mapper } = world;
  const truth = { transaction } as Truth;
  return new AccountingIntake({
    ...mapper,
    truth,
    stateDirectory,
    settings: { ...mapper.settings, ...settings },
  });
}

const spooled = (stateDir = world.stateDir) =>
  readdirSync(join(stateDir, 'radius-spool'))
    .filter((name) => name.endsWith('.accounting'))
    .toSorted();
const refused = () => readdirSync(join(world.stateDir, 'radius-spool', 'refused'));
const life = (): [AccountingEvent, AccountingEvent, AccountingEvent] => [
  eventOf('start', phone, address),
  eventOf('interim', phone, address),
  eventOf('stop', phone),
];

describe('an event that cannot reach truth', () => {
  it('is kept as a document of its own, and applied when truth answers', async () => {
    const intake = intakeOf();
    answer = 'away';
    expect(await intake.take(life()[0])).toBe('spooled');
    expect(spooled()).toHaveLength(1);
    expect(intake.reasons).toEqual([]);
    expect(await intake.drain(signal)).toBe('again');
    expect(intake.reasons.join()).toContain('DATABASE_UNREACHABLE');
    answer = 'normal';
    expect(await intake.drain(signal)).toBe('done');
    expect(spooled()).toEqual([]);
    expect(intake.reasons).toEqual([]);
    expect(await world.lock(id)).toMatchObject({ state: 'held', framed_ip: '10.8.0.7' });
    expect(await world.metric('holdfast_radius_spool_drained_total{result="applied"}')).toBe(1);
    expect(await world.metric('holdfast_radius_spool_events')).toBe(0);
  });

  it('is kept when truth is silent for half of what FreeRADIUS waits', async () => {
    answer = 'silent';
    expect(await intakeOf({ clientTimeoutMs: 20 }).take(life()[0])).toBe('spooled');
    expect(spooled()).toHaveLength(1);
  });

  it.each([
    'DATABASE_UNREACHABLE',
    'DATABASE_BUSY',
    'DATABASE_OUTCOME_UNKNOWN',
    'DATABASE_ACCESS',
    'DATABASE_READ_ONLY',
    'DATABASE_FULL',
    'SCHEMA_MISSING',
    'INTERNAL',
  ] as const)('is kept for %s', async (code) => {
    answer = new HoldfastError(code, 'as the database says');
    expect(await intakeOf().take(life()[0])).toBe('spooled');
  });

  it.each(['TRUTH_INVALID', 'CONFIG_INVALID'] as const)(
    'is put aside for %s, which the next try would meet too',
    async (code) => {
      answer = new HoldfastError(code, 'as the database says');
      expect(await intakeOf().take(life()[0])).toBe('ignored');
      expect(spooled()).toEqual([]);
      expect(refused()).toHaveLength(1);
    },
  );

  it('is readable by nobody else', async () => {
    answer = 'away';
    const intake = intakeOf();
    await intake.take(life()[0]);
    const { statSync } = await import('node:fs');
    expect(statSync(intake.spool.directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(intake.spool.directory, spooled()[0] ?? '')).mode & 0o777).toBe(0o600);
  });
});

describe('events that wait', () => {
  it('are applied in the order in which they came, and those that come go behind them', async () => {
    const intake = intakeOf();
    const [start, interim, stop] = life();
    answer = 'away';
    await intake.take(start);
    answer = 'normal';
    expect(await intake.take(interim)).toBe('spooled');
    expect(await intake.take(stop)).toBe('spooled');
    await intake.drain(signal);
    expect((await world.lock(id))?.state).toBe('released');
    expect(await world.triggers()).toEqual(['session-start', 'session-end']);
    expect(await intake.take(start)).toBe('ignored');
  });

  it('are as many as the limit allows; what comes on top is refused', async () => {
    const intake = intakeOf({ spoolLimit: 3 });
    answer = 'away';
    for (let taken = 0; taken < 3; taken += 1) await intake.take(life()[0]);
    await expect(intake.take(life()[0])).rejects.toMatchObject({ code: 'SPOOL_FULL' });
    expect(intake.reasons.join()).toContain('refused');
    answer = 'normal';
    await intake.drain(signal);
    expect(await intake.take(life()[1])).toBe('applied');
  });

  it('count against the limit when another mapper kept them', async () => {
    const other = intakeOf();
    const intake = intakeOf({ spoolLimit: 3 });
    answer = 'away';
    for (let taken = 0; taken < 3; taken += 1) await other.take(life()[0]);
    await intake.drain(signal);
    await expect(intake.take(life()[0])).rejects.toMatchObject({ code: 'SPOOL_FULL' });
  });

  it('that come at once share their flushes', async () => {
    let flushes = 0;
    const { watchedPort } = await import('../atomic/watched-calls.ts');
    const fs = watchedPort((name) => {
      if (name === 'openDirectory') flushes += 1;
    });
    answer = 'away';
    const { mapper } = world;
    const truth = { transaction: async () => Promise.reject(unreachable()) } as unknown as Truth;
    const intake = new AccountingIntake({ ...mapper, truth }, { fs });
    await Promise.all(Array.from({ length: 200 }, () => intake.take(life()[0])));
    expect(spooled()).toHaveLength(200);
    expect(flushes).toBeLessThan(10);
  });

  it('are left alone while another drain is at it', async () => {
    answer = 'away';
    const intake = intakeOf();
    const other = intakeOf();
    await intake.take(life()[0]);
    answer = 'silent';
    const held = new AbortController();
    void intake.drain(held.signal);
    const { LockRunner } = await import('@holdfast/lock-runner');
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    while ((await runner.who('radius:spool')).holder === undefined) await new Promise(setImmediate);
    answer = 'normal';
    expect(await other.drain(signal)).toBe('done');
    expect(spooled()).toHaveLength(1);
    held.abort();
  });
});

describe('a file in the spool', () => {
  const place = (bytes: Uint8Array | string) => {
    const name = createSpoolName(Date.now() - 1_000);
    writeFileSync(join(world.stateDir, 'radius-spool', name), bytes);
    return name;
  };
  const documentOf = (value: unknown) => encodeDocument(JSON.stringify(value), 1);

  it.each([
    ['torn', () => documentOf(life()[0]).subarray(0, 200)],
    ['changed by hand', () => Buffer.from(documentOf(life()[0])).toString().replace('10.8.0.7', '10.8.0.8')],
    ['empty', () => ''],
    ['of another kind', () => documentOf({ kind: 'start' })],
    ['of a later version', () => encodeDocument(JSON.stringify(life()[0]), 1, 2)],
  ])('that is %s is moved aside as evidence, and those behind it are applied', async (_name, bytes) => {
    const intake = intakeOf();
    const name = place(bytes());
    answer = 'away';
    await intake.take(life()[0]);
    answer = 'normal';
    expect(await intake.drain(signal)).toBe('done');
    expect(refused()).toEqual([name]);
    expect(spooled()).toEqual([]);
    expect((await world.lock(id))?.framed_ip).toBe('10.8.0.7');
    expect(await world.metric('holdfast_radius_spool_drained_total{result="damaged"}')).toBe(1);
  });

  it('that is a link is moved aside unread', async () => {
    const intake = intakeOf();
    const target = join(world.stateDir, 'target');
    const bytes = Buffer.from(documentOf(life()[0]));
    writeFileSync(target, bytes);
    await symlink(target, join(intake.spool.directory, createSpoolName(1)));
    await intake.drain(signal);
    expect(refused()).toHaveLength(1);
    expect(await world.lock(id)).toBeUndefined();
    expect(await readFile(target)).toEqual(bytes);
  });

  it('that truth refuses is moved aside, and those behind it are applied', async () => {
    const intake = intakeOf();
    place(documentOf({ ...life()[0], sid: 's'.repeat(300) }));
    answer = 'away';
    await intake.take(life()[0]);
    answer = 'normal';
    expect(await intake.drain(signal)).toBe('done');
    expect(refused()).toHaveLength(1);
    expect(await world.lock(id)).toMatchObject({ acct_session_id: 's1' });
  });

  it.each([
    ['waits while nobody knows why', 60_000, 'again'],
    ['is moved aside after ten minutes, for those behind it', 600_000, 'done'],
  ] as const)('that truth cannot take %s', async (_name, ageMs, end) => {
    const intake = intakeOf();
    place(documentOf({ ...life()[0], receivedMs: Date.now() - ageMs }));
    answer = new HoldfastError('INTERNAL', 'the database refused a statement');
    expect(await intake.drain(signal)).toBe(end);
    expect(spooled()).toHaveLength(end === 'again' ? 1 : 0);
  });

  it('of another name is none of ours', async () => {
    const intake = intakeOf();
    writeFileSync(join(intake.spool.directory, 'note.txt'), 'mine');
    expect(await intake.drain(signal)).toBe('done');
    expect(readdirSync(intake.spool.directory)).toEqual(['note.txt']);
  });

  it('cannot be written where the directory is gone: the event is refused to its NAS', async () => {
    const intake = intakeOf();
    answer = 'away';
    await rm(intake.spool.directory, { recursive: true });
    await expect(intake.take(life()[0])).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(intake.reasons.join()).toContain('refused');
    await mkdir(intake.spool.directory);
    expect(await intake.take(life()[0])).toBe('spooled');
  });
});
