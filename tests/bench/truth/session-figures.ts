/** A login that ends again: the session of a connection acquired and released, each in a transaction. */
import { acquireSession, releaseSession, type Truth } from '@holdfast/truth-db';
import { filledAt as at } from '../../truth/many-connections.ts';
import { recordStatements, type Statement } from '../../truth/recorded-statements.ts';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import type { BareConnection, TruthEngine } from './truth-engine.ts';

const logins = 200;
/** Connections of `fillConnections` without a session. */
const free = (number: number) => 8 * number + 2;

export async function sessionFigures(engine: TruthEngine, context: BenchContext): Promise<readonly Figure[]> {
  const widths = engine.isConcurrent ? [1, 8] : [1];
  const figures: Figure[] = [];
  for (const width of widths) figures.push(await sessionFigure(engine, width, context));
  return figures;
}

async function sessionFigure(
  engine: TruthEngine,
  width: number,
  { signal, isFull }: BenchContext,
): Promise<Figure> {
  const { truth, bareName } = engine;
  await using cleanup = new AsyncDisposableStack();
  const lanes: Lane[] = [];
  for (let lane = 0; lane < width; lane += 1) {
    const statements = await recordLogin(truth, free(lane));
    lanes.push({ id: free(lane), statements, bare: cleanup.use(await engine.openBare()) });
  }
  const count = logins / width;
  const values = await inRounds(
    [
      {
        name: 'acquire, release',
        round: () => perSecond(lanes, ({ id }) => repeat(count, () => login(truth, id))),
      },
      {
        name: bareName,
        round: () =>
          perSecond(lanes, ({ bare, statements }) => repeat(count, async () => bare.run(statements))),
      },
    ],
    { rounds: isFull ? 31 : 11, signal },
  );
  return compare(values, {
    what: `${engine.name}, ${width} at a time`,
    unit: 'per s',
    subject: 'acquire, release',
    peer: bareName,
    target: { relation: '≥', limit: 0.77 },
  });
}

interface Lane {
  readonly id: number;
  readonly statements: readonly Statement[];
  readonly bare: BareConnection;
}

/** The second login of a connection, as nearly every one is: its lock is there and released. */
async function recordLogin(truth: Truth, id: number): Promise<readonly Statement[]> {
  const recorded = recordStatements(truth);
  await login(recorded.truth, id);
  return recorded.during(() => login(recorded.truth, id));
}

async function login(truth: Truth, vpnConnectionId: number): Promise<void> {
  const answer = await truth.transaction((trx) =>
    acquireSession(trx, {
      vpnConnectionId,
      gateway: 'gw0',
      sessionKey: `192.0.2.1|aa:bb:cc:00:11:22|user-${vpnConnectionId}`,
      requestVector: '0x691f8000691f8000691f8000691f8000',
      nasIp: '192.0.2.1',
      at,
      expiresAt: at + 90_000,
    }),
  );
  if (answer.kind !== 'granted') throw new Error(`the session is ${answer.kind}`);
  const { holderToken } = answer;
  const released = await truth.transaction((trx) =>
    releaseSession(trx, { vpnConnectionId, holder: { holderToken }, reason: 'user-request', at }),
  );
  if (released.kind !== 'released') throw new Error(`the session is ${released.kind}`);
}

async function repeat(count: number, act: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 1) await act();
}

async function perSecond(lanes: readonly Lane[], act: (lane: Lane) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await Promise.all(lanes.map(act));
  return (logins * 1_000) / (performance.now() - startMs);
}
