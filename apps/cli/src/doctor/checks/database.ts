/**
 * The database of truth: whether it answers and takes a write, what it is, how long an answer takes, and whether it has the
 * time that this machine has.
 */
import { isHoldfastError } from '@holdfast/base';
import { lengthOf } from '@holdfast/host/cli';
import { type DatabaseFacts, proveWrite, readDatabaseFacts, type Truth } from '@holdfast/truth-db';
import { type Check, type Finding, invalid, ok, skip, unlessFailed, warn } from '../check.ts';
import type { Ground } from '../ground.ts';

export const databaseCheck: Check = {
  name: 'database',
  describe: 'reachable, version, strict and in UTC, its clock, round trip, takes a write',
  limitMs: 20_000,
  run: (ground) =>
    unlessFailed(async () => {
      const truth = ground.truth();
      const facts = await firstAnswer(ground, truth);
      const isWritten = await proveWrite(truth);
      return [
        ok(`${facts.engine} ${facts.version} answers`),
        tripFinding(facts),
        ...(facts.server === undefined ? [] : serverFindings(facts.server)),
        isWritten
          ? ok('a write was taken, and rolled back')
          : skip('there is no table yet to try a write on'),
      ];
    }),
};

async function firstAnswer(ground: Ground, truth: Truth): Promise<DatabaseFacts> {
  try {
    return await readDatabaseFacts(truth);
  } catch (error) {
    if (isHoldfastError(error)) ground.giveUpTruth(error);
    throw error;
  }
}

/** Beyond that logins wait for the database. */
const slowMs = 20;

function tripFinding({ roundTripMs }: DatabaseFacts): Finding {
  const found = `a round trip takes ${roundTripMs.toFixed(1)} ms`;
  return roundTripMs < slowMs
    ? ok(found)
    : warn(found, 'Put the database nearer: every login and every run waits for it.');
}

const aheadLimitsMs = { warn: 1_000, fail: 30_000 } as const;

function serverFindings(server: NonNullable<DatabaseFacts['server']>): readonly Finding[] {
  const { aheadMs, isStrict, isUtc, isStrictForOthers } = server;
  const apart = Math.abs(aheadMs);
  const clocks = `its clock is ${lengthOf(apart)} ${aheadMs < 0 ? 'behind' : 'ahead'}`;
  const hint = 'Synchronise the clocks of both machines (NTP): sessions and graces end by them.';
  const isOurs = isStrict && isUtc;
  return [
    apart > aheadLimitsMs.fail
      ? invalid(clocks, hint)
      : apart > aheadLimitsMs.warn
        ? warn(clocks, hint)
        : ok(clocks),
    isOurs
      ? ok('our connections are strict and in UTC')
      : invalid(
          'our connections are not strict and in UTC',
          'Take away what changes them: a proxy, or init_connect.',
        ),
    ...(isStrictForOthers
      ? []
      : [
          warn('other programs write without strict mode (sql_mode)', 'Set STRICT_ALL_TABLES in the server.'),
        ]),
  ];
}
