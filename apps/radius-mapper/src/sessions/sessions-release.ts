/** `vpn-radius-mapper sessions release` */
import { HoldfastError, systemClock } from '@holdfast/base';
import type { CommandLine } from '@holdfast/host/cli';
import { findSession, type ListedSession, releaseSessionByHand, type Truth } from '@holdfast/truth-db';
import { answerOperator } from './answer-operator.ts';
import { findNamed } from './find-named.ts';
import { addressOf, ageOf } from './session-table.ts';
import { sessionsReleaseSettings } from './sessions-command.ts';

/** @returns the exit status */
export async function sessionsRelease(line: CommandLine): Promise<number> {
  const [word = ''] = line.operands;
  return await answerOperator(sessionsReleaseSettings, line, async (truth, settings) => {
    const reason = settings.reason.value;
    const { session, at } = await release(truth, word, { acquiredAt: settings.acquiredAt.value, reason });
    return { document: { released: { ...session, reason, releasedAt: at } }, lines: [describe(session, at)] };
  });
}

export interface ReleaseByHand {
  readonly reason: string;
  /** In milliseconds since the Unix epoch; undefined for the session that is there. */
  readonly acquiredAt: number | undefined;
  /** Called between the look and the release. Tests change the world here. */
  readonly onLooked?: () => Promise<void>;
}

/**
 * Looks at the session first, so that the one which is released is the one that is told of.
 *
 * @throws HoldfastError CONNECTION_UNKNOWN, USAGE - as `findNamed`
 * @throws HoldfastError SESSION_UNKNOWN - the connection has no session
 * @throws HoldfastError VERSION_CONFLICT - it is another session by now, or none; nothing was released
 */
export async function release(
  truth: Truth,
  word: string,
  { reason, acquiredAt, onLooked }: ReleaseByHand,
): Promise<{ readonly session: ListedSession; readonly at: number }> {
  const { vpnConnectionId } = await findNamed(truth, word);
  const session = await findSession(truth.db, { vpnConnectionId });
  if (session === undefined)
    throw new HoldfastError('SESSION_UNKNOWN', `connection ${vpnConnectionId} has no session`, {
      details: { vpnConnectionId },
    });
  await onLooked?.();
  const at = systemClock.wallMs();
  const meant = acquiredAt ?? session.acquiredAt;
  const { kind } = await truth.transaction((trx) =>
    releaseSessionByHand(trx, { vpnConnectionId, at, reason, acquiredAt: meant }),
  );
  if (kind === 'released') return { session, at };
  throw new HoldfastError(
    'VERSION_CONFLICT',
    `the session of connection ${vpnConnectionId} that began at ${new Date(meant).toISOString()} is not held any more`,
    { details: { vpnConnectionId, acquiredAt: meant, found: session.acquiredAt } },
  );
}

function describe(session: ListedSession, at: number): string {
  const { vpnConnectionId, userName, gateway, nasIp, acctSessionId, acquiredAt } = session;
  const whose = userName === null ? '' : ` (${userName})`;
  const where = [gateway, nasIp, addressOf(session), acctSessionId].filter((part) => part !== null).join(' ');
  return `released the session of connection ${vpnConnectionId}${whose}: ${where}, held for ${ageOf(at - acquiredAt)}`;
}
