/**
 * Logins per second: the shipped FreeRADIUS configuration with vpn-radius-mapper beside FreeRADIUS with its module `sql` and
 * `Simultaneous-Use := 1`, which promises the same, and beside the very same configuration with a constant answer in the
 * place of the mapper. One MariaDB server for all of them, which flushes at each commit. Everything, the load too, shares
 * the cores of one machine, so what counts are the ratios of rounds that lie next to each other.
 */
import { nasSecret } from '../../support/freeradius-server.ts';
import { isMissing } from '../../support/needs.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { spreadOf } from '../spread.ts';
import { type DoubleAccepts, doubleAccepts } from './double-accepts.ts';
import { type LoginRound, type LoginServer, loginRound } from './login-round.ts';
import { openLoginServers, password, peer, users } from './login-servers.ts';

interface Sizes {
  readonly logins: number;
  readonly rounds: number;
  readonly storms: number;
}

const small: Sizes = { logins: 12_000, rounds: 5, storms: 5 };
const full: Sizes = { logins: 60_000, rounds: 5, storms: 100 };
const inFlight = 64;
const devices = 200;

export const radiusBench: Bench = {
  name: 'radius',
  describe:
    'logins through a real FreeRADIUS, beside its own sql module with Simultaneous-Use and a constant answer',
  run: async (context) => {
    if (isMissing('mariadb', 'freeradius')) {
      return {
        kind: 'skipped',
        because: 'needs mariadb-server, freeradius, freeradius-rest and freeradius-mysql',
      };
    }
    const sizes = context.isFull ? full : small;
    context.tell('filling the databases, starting the servers');
    await using servers = await openLoginServers();
    const rounds = await measure(servers.all, sizes, context);
    context.tell('devices at once');
    const storms = await doubleAccepts(servers.storms, {
      devices,
      rounds: sizes.storms,
      signal: context.signal,
    });
    return {
      kind: 'measured',
      figures: [...figuresOf(servers.all, rounds), ...storms.map((storm) => stormFigure(storm, sizes))],
      notes: [
        `${users.toLocaleString('en')} users, ${sizes.logins.toLocaleString('en')} of them log in a round, ${inFlight} at a time; MariaDB flushes at each commit.`,
        'Each accepted login of ours holds a session that no other device gets; Simultaneous-Use counts what Accounting-Starts have told it.',
        `One user on ${devices} devices at once, ${sizes.storms} times; each accept is followed by its Accounting-Start at once.`,
      ],
    };
  },
};

async function measure(
  servers: readonly LoginServer[],
  { logins, rounds }: Sizes,
  { signal, tell }: BenchContext,
): Promise<ReadonlyMap<string, readonly LoginRound[]>> {
  const measured = new Map<string, LoginRound[]>(servers.map(({ name }) => [name, []]));
  let current = 0;
  let firstUser = 0;
  const contestants = servers.map((server) => ({
    name: server.name,
    round: async () => {
      const options = { secret: nasSecret, password, logins, firstUser, inFlight };
      const round = await loginRound(server, options, tell);
      if (current > 0) measured.get(server.name)?.push(round);
      return round.perSecond;
    },
  }));
  await inRounds(contestants, {
    rounds,
    signal,
    onRound: (round) => {
      current = round;
      firstUser = (firstUser + logins) % (users - logins);
      tell(`round ${round} of ${rounds}`);
    },
  });
  return measured;
}

function figuresOf(
  servers: readonly LoginServer[],
  rounds: ReadonlyMap<string, readonly LoginRound[]>,
): readonly Figure[] {
  const valuesOf = (pick: (round: LoginRound) => number) =>
    new Map([...rounds].map(([name, list]) => [name, list.map(pick)]));
  const ours = servers.filter(({ name }) => name !== peer);
  const beside = (what: string, unit: Figure['unit'], pick: (round: LoginRound) => number) =>
    ours.map(({ name, target }) =>
      compare(valuesOf(pick), {
        what,
        unit,
        subject: name,
        peer,
        ...(unit === 'per s' && target !== undefined ? { target: { relation: '≥', limit: target } } : {}),
      }),
    );
  return [
    ...beside('logins', 'per s', ({ perSecond }) => perSecond),
    ...beside('half of them within', 'ms', ({ p50Ms }) => p50Ms),
    ...beside('99 of 100 within', 'ms', ({ p99Ms }) => p99Ms),
    ...beside('CPU of a login, all but the load', 'µs', cpuOfServers),
    ...servers.flatMap(({ name }) => cpuFigures(name, rounds.get(name) ?? [])),
  ];
}

/** Busy neighbours slow down one thread more than many: where there are some, this ratio is the one to trust. */
function cpuOfServers({ cpuMicros: { load: _load, ...servers } }: LoginRound): number {
  return Object.values(servers).reduce((sum, micros) => sum + micros, 0);
}

function cpuFigures(name: string, rounds: readonly LoginRound[]): readonly Figure[] {
  const processes = Object.keys(rounds[0]?.cpuMicros ?? {});
  return processes.map((process) =>
    absolute({
      what: `CPU of a login, ${process}`,
      subject: name,
      unit: 'µs',
      value: spreadOf(rounds.map(({ cpuMicros }) => cpuMicros[process] ?? Number.NaN)),
    }),
  );
}

/** All rounds together: one double accept is one too many. */
function stormFigure({ name, isOurs, doubles }: DoubleAccepts, { storms }: Sizes): Figure {
  return absolute({
    what: `${storms} × ${devices} devices of one user`,
    subject: `${name}: accepted too often`,
    unit: 'times',
    value: spreadOf([doubles]),
    ...(isOurs ? { target: { relation: '≤', limit: 0 } as const } : {}),
  });
}
