/** Sessions as a table for a person: one line each, ages as durations. */
import { cutToWidth, displayWidth, lengthOf, printable } from '@holdfast/host/cli';
import type { ListedSession } from '@holdfast/truth-db';

const titles = [
  'CONNECTION',
  'USER',
  'GATEWAY',
  'NAS',
  'ADDRESS',
  'SESSION',
  'STATE',
  'SINCE',
  'LEFT',
] as const;

/** Names of others: longer ones are cut, `--json` has them whole. */
const widestCell = 32;

/** @param nowMs - in milliseconds since the Unix epoch */
export function sessionTable(sessions: readonly ListedSession[], nowMs: number): readonly string[] {
  const rows = [titles, ...sessions.map((session) => cellsOf(session, nowMs))].map((cells) =>
    cells.map((cell) => cutToWidth(printable(cell), widestCell)),
  );
  const widths = titles.map((_title, column) =>
    Math.max(...rows.map((cells) => displayWidth(cells[column] ?? ''))),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function stateOf(
  { confirmedAt, expiresAt }: ListedSession,
  nowMs: number,
): 'pending' | 'begun' | 'over' {
  if (expiresAt <= nowMs) return 'over';
  return confirmedAt === null ? 'pending' : 'begun';
}

/** Both addresses, where a client has two. */
export function addressOf({ framedIp, framedIpv6, ifname }: ListedSession): string {
  return [framedIp, framedIpv6].filter((address) => address !== null).join(',') || (ifname ?? '-');
}

function cellsOf(session: ListedSession, nowMs: number): readonly string[] {
  const { vpnConnectionId, userName, gateway, nasIp, acctSessionId, acquiredAt, expiresAt } = session;
  return [
    String(vpnConnectionId),
    userName ?? '-',
    gateway ?? '-',
    nasIp ?? '-',
    addressOf(session),
    acctSessionId ?? '-',
    stateOf(session, nowMs),
    ageOf(nowMs - acquiredAt),
    ageOf(expiresAt - nowMs),
  ];
}

/** `12.5 s`, `3 h 20 min`, `364 d 23 h` */
export function ageOf(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 48) return lengthOf(Math.max(0, ms));
  return `${Math.floor(hours / 24)} d ${String(hours % 24).padStart(2, '0')} h`;
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - displayWidth(cell)));
}
