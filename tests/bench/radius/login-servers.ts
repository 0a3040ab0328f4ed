/** What is measured: five FreeRADIUS servers, three of them on one MariaDB. An idle one costs nothing. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { type FreeradiusServer, nasSecret, startFreeradiusServer } from '../../support/freeradius-server.ts';
import { type MapperProcess, startMapper } from '../../support/mapper-process.ts';
import { type MariadbServer, startMariadbServer } from '../../support/mariadb-server.ts';
import { truthUrl } from '../../support/mariadb-truth.ts';
import { fillRadiusTruth, forgetSessions } from '../../support/radius-truth.ts';
import { type SimultaneousUse, startSimultaneousUse } from '../../support/simultaneous-use.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { startConstantMapper } from './constant-mapper.ts';
import type { StormServer } from './double-accepts.ts';
import type { LoginServer } from './login-round.ts';

export const users = 120_000;
export const password = 'correct horse battery';
export const peer = 'sql + Simultaneous-Use';
const closedSessions = 100_000;
/** Of every FreeRADIUS: as many as logins come at a time, which is what docs/radius.md advises. */
const threads = 64;

export interface LoginServers extends AsyncDisposable {
  readonly all: readonly LoginServer[];
  /** Those that promise one session a user. */
  readonly storms: readonly StormServer[];
}

export async function openLoginServers(): Promise<LoginServers> {
  await using cleanup = new AsyncDisposableStack();
  const scratch = cleanup.use(scratchDirectory());
  const mariadb = cleanup.use(await startMariadbServer({ isDurable: true, args: asInProduction }));
  const theirs = cleanup.use(
    await startSimultaneousUse({
      server: mariadb,
      secret: nasSecret,
      password,
      users,
      closedSessions,
      threads,
    }),
  );
  const constant = cleanup.use(await startConstantMapper());
  const constantRadius = cleanup.use(
    await startFreeradiusServer({ mapper: constant.url, mapperSecret: 'no-secret-at-all-here', threads }),
  );
  const ours = async (database: string, name: string) => {
    const truth = cleanup.use(openTruth(database));
    await migrate(truth);
    await fillRadiusTruth(truth, { users, password });
    const stateDir = join(scratch.path, name);
    await mkdir(stateDir, { mode: 0o700 });
    return { truth, mapper: cleanup.use(await startMapper({ database, stateDir })) };
  };
  const radius = async ({ url, secret }: MapperProcess, options: Readonly<Record<string, string>> = {}) =>
    cleanup.use(await startFreeradiusServer({ mapper: url, mapperSecret: secret, options, threads }));
  const onMariadb = await ours(truthUrl(mariadb), 'mariadb');
  const onSqlite = await ours(`sqlite:${join(scratch.path, 'truth.sqlite')}`, 'sqlite');
  const one = await radius(onMariadb.mapper);
  const two = await radius(onMariadb.mapper, { pap: 'freeradius' });
  const embedded = await radius(onSqlite.mapper);

  const withMariadb = ({ pid }: FreeradiusServer | SimultaneousUse) => ({
    freeradius: pid,
    mariadb: mariadb.pid,
  });
  const mapped = { truth: onMariadb.truth, mapper: onMariadb.mapper, mariadb };
  const all: readonly LoginServer[] = [
    { name: peer, port: theirs.authPort, processes: withMariadb(theirs), reset: theirs.reset },
    {
      name: 'constant answer',
      port: constantRadius.authPort,
      processes: { freeradius: constantRadius.pid, 'constant answer': constant.pid },
      reset: async () => undefined,
    },
    { ...mapperServer('mapper, one call', one, mapped), target: 1.8 },
    { ...mapperServer('mapper, two calls', two, mapped), target: 1.2 },
    mapperServer('mapper on SQLite, one call', embedded, onSqlite),
  ];
  const storms = [
    { name: peer, isOurs: false, place: theirs, reset: theirs.reset },
    { name: 'mapper, one call', isOurs: true, place: one, reset: () => emptied(onMariadb.truth) },
    { name: 'mapper, two calls', isOurs: true, place: two, reset: () => emptied(onMariadb.truth) },
    {
      name: 'mapper on SQLite, one call',
      isOurs: true,
      place: embedded,
      reset: () => emptied(onSqlite.truth),
    },
  ];
  const opened = cleanup.move();
  return { all, storms, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The peer and truth have the same. */
const asInProduction = [
  '--innodb-buffer-pool-size=512M',
  '--innodb-log-file-size=96M',
  '--innodb-data-file-path=ibdata1:4M:autoextend',
  '--innodb-autoextend-increment=64',
  '--max-connections=400',
];

interface Mapped {
  readonly truth: Truth;
  readonly mapper: MapperProcess;
  readonly mariadb?: MariadbServer;
}

function mapperServer(
  name: string,
  radius: FreeradiusServer,
  { truth, mapper, mariadb }: Mapped,
): LoginServer {
  return {
    name,
    port: radius.authPort,
    processes: {
      freeradius: radius.pid,
      mapper: mapper.pid,
      ...(mariadb === undefined ? {} : { mariadb: mariadb.pid }),
    },
    reset: () => emptied(truth),
  };
}

/** Without rows that the server would have to clear away behind the back of the next round. */
async function emptied(truth: Truth): Promise<void> {
  if (truth.dialect.engine === 'sqlite') return forgetSessions(truth);
  for (const table of ['active_session_locks', 'released_sessions', 'policy_triggers']) {
    await sql.raw(`truncate table ${table}`).execute(truth.db);
  }
}
