/** What has to be so after a kill, whoever was killed. */

import { setTimeout as delay } from 'node:timers/promises';
import { encodeTime, type Truth } from '@holdfast/truth-db';
import { expect } from 'vitest';
import { holderOf, type LoggedIn } from '../support/login-load.ts';

/** For a mapper whose janitor is waited for. */
export const eagerJanitor = { args: ['--janitor-interval', '500ms'] };

export function accepted(logins: readonly LoggedIn[]): readonly LoggedIn[] {
  return logins.filter(({ answer }) => answer?.kind === 'accept');
}

/** Every device has an answer, at most one of each user got in, and that one is the holder that the database knows. */
export async function expectOneHolder(truth: Truth, logins: readonly LoggedIn[]): Promise<void> {
  expect(logins.filter(({ answer }) => answer === undefined)).toEqual([]);
  const accepts = accepted(logins);
  const users = accepts.map(({ user }) => user);
  expect(users.filter((user, place) => users.indexOf(user) !== place)).toEqual([]);
  const rows = await truth.db
    .selectFrom('active_session_locks')
    .selectAll()
    .where('state', '=', 'held')
    .execute();
  const holders = new Map(rows.map((row) => [row.vpn_connection_id, row.holder_token]));
  const wrong = accepts.filter((login) => holders.get(login.user + 1) !== holderOf(login));
  expect(wrong).toEqual([]);
}

/** Makes all locks that wait for their Start run out now, and waits until the janitors have seen it. */
export async function pendingRunOut(truth: Truth): Promise<void> {
  const now = encodeTime(Date.now());
  const pending = () =>
    truth.db
      .selectFrom('active_session_locks')
      .select('id')
      .where('state', '=', 'held')
      .where('confirmed_at', 'is', null)
      .execute();
  expect((await pending()).length).toBeGreaterThan(0);
  await truth.db
    .updateTable('active_session_locks')
    .set({ expires_at: now })
    .where('state', '=', 'held')
    .where('confirmed_at', 'is', null)
    .execute();
  while ((await pending()).length > 0) await delay(50);
}
