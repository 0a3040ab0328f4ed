/** Locks of a server: ours beside what people write by hand on the same client, one request in flight per process. */
import { startMariadbServer } from '../../support/mariadb-server.ts';
import { isMissing } from '../../support/needs.ts';
import { startRedisServer } from '../../support/redis-server.ts';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds, microsPerCall } from '../rounds.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { contended } from './contended.ts';
import type { ServerKind } from './server-kind.ts';
import { openServerTake } from './server-take.ts';

const calls = 200;
const rounds = 11;
const holdMicros = 250;

interface Pair {
  readonly subject: ServerKind;
  readonly peer: ServerKind;
  readonly socketPath: string;
}

/** A server that is not installed is left out. */
export async function serverLocks(context: BenchContext): Promise<readonly Figure[]> {
  return [...(await onRedis(context)), ...(await onMysql(context))];
}

async function onRedis(context: BenchContext): Promise<readonly Figure[]> {
  if (isMissing('redis')) return [];
  await using server = await startRedisServer();
  return await compared(context, {
    subject: 'holdfast redis',
    peer: 'SET NX',
    socketPath: server.socketPath,
  });
}

async function onMysql(context: BenchContext): Promise<readonly Figure[]> {
  if (isMissing('mariadb')) return [];
  await using server = await startMariadbServer();
  return await compared(context, {
    subject: 'holdfast mysql',
    peer: 'GET_LOCK',
    socketPath: server.socketPath,
  });
}

async function compared(context: BenchContext, pair: Pair): Promise<readonly Figure[]> {
  const { subject, peer, socketPath } = pair;
  context.tell(`${subject}, uncontended`);
  const alone = await uncontendedPair(context, pair);
  return [...alone, ...(await contended(context, { holdMicros, kinds: [subject, peer], peer, socketPath }))];
}

async function uncontendedPair(
  { signal }: BenchContext,
  { subject, peer, socketPath }: Pair,
): Promise<readonly Figure[]> {
  using directory = scratchDirectory();
  await using ours = await openServerTake({ kind: subject, directory: directory.path, socketPath });
  await using theirs = await openServerTake({ kind: peer, directory: directory.path, socketPath });
  const nothing = () => undefined;
  const values = await inRounds(
    [
      { name: subject, round: () => microsPerCall(calls, () => ours.take(nothing)) },
      { name: peer, round: () => microsPerCall(calls, () => theirs.take(nothing)) },
    ],
    { rounds, signal },
  );
  return [compare(values, { what: 'uncontended', unit: 'µs', subject, peer })];
}
