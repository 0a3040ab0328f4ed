/**
 * The clock of this machine, as far as it can be judged from inside: a date that can be, nothing recorded in its future, and
 * whether somebody keeps it right. That it will not jump cannot be shown; waits go by the monotonic clock, which does not.
 */
import { existsSync } from 'node:fs';
import { systemClock } from '@holdfast/base';
import { readGatewaySide } from '@holdfast/gateway-policy/explain';
import { lengthOf } from '@holdfast/host/cli';
import { type Check, type Finding, invalid, ok, skip, warn } from '../check.ts';
import type { Ground } from '../ground.ts';

export const clockCheck: Check = {
  name: 'clock',
  describe: 'the date can be, nothing was recorded in its future, it is kept right',
  limitMs: 20_000,
  run: async (ground) => {
    const now = systemClock.wallMs();
    return [dateFinding(now), await futureFinding(ground, now), synchronisedFinding()];
  },
};

/** When this was written. */
const earliestMs = Date.UTC(2026, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);

function dateFinding(now: number): Finding {
  const found = `it is ${new Date(now).toISOString()}`;
  return now > earliestMs && now < latestMs
    ? ok(found)
    : invalid(`${found}, which cannot be`, 'Set the clock.');
}

const toleranceMs = 2_000;

async function futureFinding(ground: Ground, now: number): Promise<Finding> {
  const recorded = await recordedMoments(ground);
  if (recorded.length === 0) return skip('no run has been recorded that could be in the future');
  const newest = Math.max(...recorded);
  if (newest <= now + toleranceMs) return ok('no run was recorded in the future');
  const found = `a run was recorded ${lengthOf(newest - now)} in the future: this clock, or that of a gateway, was set back`;
  return invalid(found, 'Synchronise the clocks (NTP): sessions and graces end by them.');
}

/** Those of truth too, where it answers; that it does not is the finding of another check. */
async function recordedMoments(ground: Ground): Promise<readonly number[]> {
  try {
    const standings = await ground.gateways();
    const ofTruth = standings.flatMap(({ lastRunAt }) => (lastRunAt === null ? [] : [Date.parse(lastRunAt)]));
    const ofRuns: number[] = [];
    for (const { name } of await ground.gatewaysHere()) {
      const { runs } = await readGatewaySide(ground.place, name);
      ofRuns.push(...runs.map(({ endedAt }) => Date.parse(endedAt)));
    }
    return [...ofTruth, ...ofRuns].filter((ms) => Number.isFinite(ms));
  } catch {
    return [];
  }
}

/** As systemd-timesyncd and chrony leave word. */
const signs = [
  '/run/systemd/timesync/synchronized',
  '/run/chrony/chronyd.pid',
  '/run/chronyd.pid',
  '/run/ntpd.pid',
];

function synchronisedFinding(): Finding {
  const sign = signs.find((path) => existsSync(path));
  if (sign !== undefined) return ok(`somebody keeps it right (${sign})`);
  if (existsSync('/run/systemd/timesync')) {
    return warn('systemd-timesyncd has not reached a time server', 'See timedatectl timesync-status.');
  }
  return skip('whether somebody keeps it right cannot be seen here');
}
