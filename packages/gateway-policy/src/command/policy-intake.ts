/**
 * What truth has to take in before a run reads it: events of hooks, and time that has passed. What fails here is due again
 * at the next look, and the run goes by truth as it is.
 */
import { isHoldfastError } from '@holdfast/base';
import { endLostSessions, ingestSpool, type SpoolReport } from '../index.ts';
import { passTime } from './pass-time.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';

export type PolicyIntake = Pick<
  PolicyStagesOptions,
  'truth' | 'gateway' | 'spoolDirectory' | 'signal' | 'clock' | 'onWarning'
>;

/** @returns what became of the events; undefined when the spool could not be read */
export async function takeInEvents(intake: PolicyIntake): Promise<SpoolReport | undefined> {
  const { spoolDirectory: directory, truth, gateway, clock, signal, onWarning } = intake;
  const report = await orWarn(intake, 'events of hooks were not written to truth', () =>
    ingestSpool({ truth, gateway, directory, at: clock.wallMs(), signal }),
  );
  for (const warning of report === undefined ? [] : warningsOf(report)) onWarning(warning);
  return report;
}

/** What hooks have told before this machine booted has ended without anybody telling. */
export async function takeInBoot(intake: PolicyIntake): Promise<void> {
  const { truth, gateway, clock, signal } = intake;
  await orWarn(intake, 'sessions of before the boot were not ended', () =>
    endLostSessions({ truth, gateway, at: clock.wallMs(), signal }),
  );
}

export async function takeInTime(intake: PolicyIntake): Promise<void> {
  const { truth, clock, signal } = intake;
  await orWarn(intake, 'what is due by now was not written to truth', () =>
    passTime(truth, { at: clock.wallMs(), signal }),
  );
}

async function orWarn<Result>(
  { signal, onWarning }: PolicyIntake,
  what: string,
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!isHoldfastError(error) || signal.aborted) throw error;
    onWarning(`${what}: ${error.message}`);
    return undefined;
  }
}

function warningsOf({
  unknownTotal,
  unknownUsers,
  unadmitted,
  busy,
  refused,
  failed,
  stuck,
}: SpoolReport): readonly string[] {
  const lists = [
    ['sessions of users that truth does not know', unknownTotal, unknownUsers],
    ['sessions that their NAS has not authorized', unadmitted.length, unadmitted],
    ['sessions whose connection somebody else has', busy.length, busy.map(({ user }) => user)],
    ['events that cannot be read', refused.length, refused.map(({ name }) => name)],
    ['events that truth could not take', failed.length, failed.map(({ name }) => name)],
    ['events that cannot be removed', stuck.length, stuck.map(({ name }) => name)],
  ] as const;
  return lists
    .filter(([, count]) => count > 0)
    .map(([what, count, names]) => `${count} ${what}: ${names.slice(0, mostNames).map(quoted).join(', ')}`);
}

const mostNames = 5;

/** A name comes from a client. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
