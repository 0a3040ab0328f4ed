/**
 * Mappers that are killed with SIGKILL right before a step of keeping or draining accounting. Whatever was acknowledged is in
 * truth after the next drain, once.
 */
import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { counts } from '../support/counts.ts';
import { runtimes } from '../support/repository.ts';
import { type Finished, runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { type AccountingWorld, accountingWorld } from './accounting-world.ts';
import { userOf } from './spool-events.ts';

const events = 5;
const child = childProgram(join(import.meta.dirname, 'spool-child.ts'));
const { signal } = new AbortController();

let place: TemporaryDirectory;
let database: string;
let world: AccountingWorld;

beforeEach(async () => {
  place = await temporaryDirectory();
  database = `sqlite:${join(place.path, 'truth.sqlite')}`;
  world = await accountingWorld({ database, stateDir: place.path });
  for (let number = 0; number < events; number += 1) await world.connection(userOf(number));
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

function runChild(part: 'keep' | 'drain', stateDir: string, step: number): Promise<Finished> {
  return runProcess(runtimes.node, [...child, part, database, stateDir, `${step}`, `${events}`]);
}

/** Users whose session truth has, each with how often it was begun. */
async function begun(): Promise<readonly string[]> {
  const rows = await world.truth.db
    .selectFrom('active_session_locks as l')
    .innerJoin('vpn_connections as c', 'c.id', 'l.vpn_connection_id')
    .select('c.radius_username')
    .where('l.confirmed_at', 'is not', null)
    .orderBy('c.id')
    .execute();
  return rows.map((row) => row.radius_username ?? '');
}

/** Some of the steps of a child that is not killed, spread over all of them. */
function stepsOf({ stdout, stderr }: Finished): readonly number[] {
  const all = Number(/survived (\d+)/.exec(stdout)?.[1]);
  if (!(all > 0)) throw new Error(`the child did not survive: ${stderr}`);
  const tried = Math.min(all, counts.spoolKills);
  const spread = Array.from(
    { length: tried },
    (_value, place) => 1 + Math.round((place * (all - 1)) / (tried - 1)),
  );
  return [...new Set(spread)];
}

describe('a mapper that is killed', { timeout: 900_000 }, () => {
  it('while it keeps events loses none that it has acknowledged', async () => {
    const acknowledgements: number[] = [];
    await using unharmed = await temporaryDirectory();
    for (const step of stepsOf(await runChild('keep', unharmed.path, 0))) {
      await using own = await temporaryDirectory();
      const { stdout } = await runChild('keep', own.path, step);
      const acknowledged = stdout.split('\n').filter((line) => /^\d+$/.test(line));
      acknowledgements.push(acknowledged.length);
      const kept = await drained(own.path);
      expect(kept.applied, `killed before step ${step}`).toEqual(
        expect.arrayContaining(acknowledged.map((number) => `s${number}`)),
      );
      expect(kept.left, `killed before step ${step}`).toEqual([]);
    }
    // From before the first acknowledgement to behind some.
    expect(Math.min(...acknowledgements)).toBe(0);
    expect(Math.max(...acknowledgements)).toBeGreaterThan(0);
  });

  it('while it drains loses no event and applies none twice', async () => {
    await using full = await temporaryDirectory();
    await runChild('keep', full.path, 0);
    const refill = async () => {
      for (const table of ['active_session_locks', 'released_sessions', 'policy_triggers'] as const)
        await world.truth.db.deleteFrom(table).execute();
      await cp(join(full.path, 'radius-spool'), join(place.path, 'radius-spool'), { recursive: true });
    };
    await refill();
    const users = Array.from({ length: events }, (_value, number) => userOf(number));
    const found: number[] = [];
    for (const step of stepsOf(await runChild('drain', place.path, 0))) {
      await refill();
      await runChild('drain', place.path, step);
      found.push((await begun()).length);
      expect(await world.intake.drain(signal)).toBe('done');
      expect(await begun(), `killed before step ${step}`).toEqual(users);
      expect(await world.triggers(), `killed before step ${step}`).toEqual(users.map(() => 'session-start'));
      expect(await world.intake.spool.list()).toEqual([]);
    }
    // From before the first commit to behind the last.
    expect(Math.min(...found)).toBe(0);
    expect(Math.max(...found)).toBe(events);
  });
});

/** What the next mapper of a state directory makes of its spool. */
async function drained(
  stateDir: string,
): Promise<{ readonly applied: readonly (string | null)[]; readonly left: readonly string[] }> {
  await using after = await accountingWorld({ stateDir });
  for (let number = 0; number < events; number += 1) await after.connection(userOf(number));
  await after.intake.drainUntil(AbortSignal.abort());
  expect(await after.intake.drain(signal)).toBe('done');
  const rows = await after.truth.db.selectFrom('active_session_locks').select('acct_session_id').execute();
  return {
    applied: rows.map((row) => row.acct_session_id),
    left: readdirSync(join(stateDir, 'radius-spool')),
  };
}
