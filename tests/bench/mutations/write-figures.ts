/**
 * Mutations beside the very statements of one, sent by the plain driver: as many per second, the slowest hundredth, and what
 * they cost in processor time of this process.
 */
import { Mutations } from '@holdfast/mutations';
import { recordStatements, type Statement } from '../../truth/recorded-statements.ts';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import type { BareConnection, TruthEngine } from '../truth/truth-engine.ts';
import { type Edit, editTask, firstVersion, nextEdit } from './bench-tasks.ts';

const editsEach = 400;
const subject = 'mutation';

/** One task, edited by one after the other; each contestant has its own. */
interface Lane {
  readonly ours: number;
  readonly theirs: number;
  readonly bare: BareConnection;
  readonly statements: readonly Statement[];
}

interface Timing {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuMicros: number;
}

export async function writeFigures(
  engine: TruthEngine,
  width: number,
  { signal, isFull }: BenchContext,
): Promise<readonly Figure[]> {
  const { truth, bareName, name } = engine;
  const mutations = new Mutations({ truth });
  const versions = new Map<number, number>();
  const next = (id: number): Edit => {
    const version = versions.get(id) ?? firstVersion;
    versions.set(id, version + 1);
    return nextEdit(id, version);
  };
  await using cleanup = new AsyncDisposableStack();
  const lanes: Lane[] = [];
  for (let lane = 0; lane < width; lane += 1) {
    const [ours, theirs] = [width * 100 + lane * 2 + 1, width * 100 + lane * 2 + 2];
    const recorded = recordStatements(truth);
    const first = next(theirs);
    const sent = await recorded.during(() => editTask(new Mutations({ truth: recorded.truth }), first));
    lanes.push({
      ours,
      theirs,
      bare: cleanup.use(await engine.openBare()),
      statements: templateOf(sent, first),
    });
  }
  const timings = new Map<string, Timing[]>([
    [subject, []],
    [bareName, []],
  ]);
  const round = (contestant: string, act: (lane: Lane) => Promise<void>) => async () => {
    const timing = await timed(lanes, act);
    timings.get(contestant)?.push(timing);
    return timing.perSecond;
  };
  await inRounds(
    [
      { name: subject, round: round(subject, ({ ours }) => editTask(mutations, next(ours))) },
      {
        name: bareName,
        round: round(bareName, async ({ theirs, bare, statements }) =>
          bare.run(filledIn(statements, next(theirs))),
        ),
      },
    ],
    { rounds: isFull ? 31 : 9, signal },
  );
  const what = `${name}, ${width} at a time`;
  const values = (pick: (timing: Timing) => number) =>
    new Map([...timings].map(([contestant, all]) => [contestant, all.slice(1).map(pick)]));
  const sides = { subject, peer: bareName };
  return [
    compare(
      values(({ perSecond }) => perSecond),
      {
        ...sides,
        what,
        unit: 'per s',
        target: { relation: '≥', limit: 0.5 },
      },
    ),
    compare(
      values(({ p99Ms }) => p99Ms),
      { ...sides, what: `${what}, p99`, unit: 'ms' },
    ),
    compare(
      values(({ cpuMicros }) => cpuMicros),
      { ...sides, what: `${what}, CPU of one`, unit: 'µs' },
    ),
  ];
}

async function timed(lanes: readonly Lane[], act: (lane: Lane) => Promise<void>): Promise<Timing> {
  const tookMs: number[] = [];
  const each = Math.floor(editsEach / lanes.length);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await Promise.all(
    lanes.map(async (lane) => {
      for (let done = 0; done < each; done += 1) {
        const beganMs = performance.now();
        await act(lane);
        tookMs.push(performance.now() - beganMs);
      }
    }),
  );
  const totalMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = tookMs.toSorted((a, b) => a - b);
  return {
    perSecond: (tookMs.length * 1_000) / totalMs,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    cpuMicros: (user + system) / tookMs.length,
  };
}

const marks = { id: Symbol('mutation id'), seen: Symbol('version'), made: Symbol('next version') };

/** The statements of `edit` with a mark for each of its parameters that every edit has another one of. */
function templateOf(statements: readonly Statement[], { version, mutationId }: Edit): readonly Statement[] {
  const markOf = new Map<unknown, symbol>([
    [mutationId, marks.id],
    [version, marks.seen],
    [version + 1, marks.made],
  ]);
  return statements.map(({ sql, parameters }) => ({
    sql,
    parameters: parameters.map((parameter) => markOf.get(parameter) ?? parameter),
  }));
}

function filledIn(template: readonly Statement[], { version, mutationId }: Edit): readonly Statement[] {
  const values = new Map<unknown, unknown>([
    [marks.id, mutationId],
    [marks.seen, version],
    [marks.made, version + 1],
  ]);
  return template.map(({ sql, parameters }) => ({
    sql,
    parameters: parameters.map((parameter) => (values.has(parameter) ? values.get(parameter) : parameter)),
  }));
}
