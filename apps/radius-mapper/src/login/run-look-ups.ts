/** A batch of users to be looked up, for logins whose password FreeRADIUS checks. */
import { HoldfastError } from '@holdfast/base';
import { findRadiusLogins, type RadiusLogin, type Truth } from '@holdfast/truth-db';
import type { QueuedJob } from './batch-queue.ts';

export interface LookUpJob extends QueuedJob {
  readonly user: string;
}

export type LookedUp = RadiusLogin;

export async function runLookUps(
  { truth }: { readonly truth: Truth },
  jobs: readonly LookUpJob[],
): Promise<readonly (LookedUp | HoldfastError)[]> {
  const logins = await findRadiusLogins(
    truth.db,
    jobs.map(({ user }) => user),
  );
  return jobs.map(
    (_job, place) => logins[place] ?? new HoldfastError('INTERNAL', 'a user was not looked up'),
  );
}
