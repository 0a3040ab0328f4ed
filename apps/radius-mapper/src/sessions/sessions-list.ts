/** `vpn-radius-mapper sessions list` */
import { systemClock } from '@holdfast/base';
import type { CommandLine } from '@holdfast/host/cli';
import { listSessions } from '@holdfast/truth-db';
import { answerOperator } from './answer-operator.ts';
import { sessionTable, stateOf } from './session-table.ts';
import { sessionsListSettings } from './sessions-command.ts';

/** @returns the exit status */
export async function sessionsList(line: CommandLine): Promise<number> {
  return await answerOperator(sessionsListSettings, line, async (truth, settings) => {
    const limit = settings.limit.value;
    const which = { gateway: settings.gateway.value, user: settings.user.value, limit: limit + 1 };
    const found = await listSessions(truth.db, which);
    const sessions = found.slice(0, limit);
    const nowMs = systemClock.wallMs();
    const hasMore = found.length > limit;
    const more = hasMore ? [`… and more: --limit ${limit} is reached`] : [];
    return {
      document: {
        at: nowMs,
        sessions: sessions.map((session) => ({ ...session, state: stateOf(session, nowMs) })),
        hasMore,
      },
      lines: sessions.length === 0 ? ['nobody is connected'] : [...sessionTable(sessions, nowMs), ...more],
    };
  });
}
