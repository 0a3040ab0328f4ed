/**
 * The peer of the session locks: FreeRADIUS with its module `sql` and `Simultaneous-Use := 1`, as its manual has it, with
 * the schema and the queries that its package installs, on a database of its own. Users are `user0`, `user1`, …, all with
 * one password.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { freeUdpPort, startFreeradiusProcess } from './freeradius-process.ts';
import type { MariadbServer } from './mariadb-server.ts';
import type { RadiusServerPlace } from './radius-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface SimultaneousUseOptions {
  readonly server: MariadbServer;
  readonly secret: string;
  readonly password: string;
  readonly users: number;
  /** Sessions that are over, five of a user. */
  readonly closedSessions: number;
  /** Requests that it answers at once, each with a connection of its own; 32, as its package has it. */
  readonly threads?: number;
}

export interface SimultaneousUse extends AsyncDisposable, RadiusServerPlace {
  readonly pid: number;
  /** As if nobody had logged in since the start. */
  reset(): Promise<void>;
}

const installed = '/etc/freeradius/3.0/mods-config/sql/main/mysql';
const database = 'radius';

export async function startSimultaneousUse(options: SimultaneousUseOptions): Promise<SimultaneousUse> {
  const { server, secret } = options;
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const connection = await createConnection({ ...server.connection, multipleStatements: true });
  cleanup.defer(() => connection.end());
  await fill(connection, options);
  const place = { secret, authPort: await freeUdpPort(), acctPort: await freeUdpPort() };
  const text = configuration(path, { ...place, threads: options.threads ?? 32 });
  await writeFile(join(path, 'radiusd.conf'), text, { mode: 0o600 });
  // The only way to tell the module which socket the server listens on.
  await writeFile(join(path, '.my.cnf'), `[freeradius]\nsocket=${server.socketPath}\n`, { mode: 0o600 });
  const { pid } = cleanup.use(await startFreeradiusProcess(path, { HOME: path }));
  const opened = cleanup.move();
  return {
    ...place,
    pid,
    reset: async () => {
      await connection.query('truncate radpostauth; delete from radacct where acctstoptime is null');
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function fill(connection: Connection, options: SimultaneousUseOptions): Promise<void> {
  const { users, closedSessions, password } = options;
  await connection.query(`create database ${database}; use ${database}`);
  await connection.query(await readFile(join(installed, 'schema.sql'), 'utf8'));
  for (const [attribute, value] of [
    ['Cleartext-Password', password],
    ['Simultaneous-Use', '1'],
  ]) {
    await connection.query(
      `insert into radcheck (username, attribute, op, value)
       select concat('user', seq), ?, ':=', ? from seq_0_to_${users - 1}`,
      [attribute, value],
    );
  }
  if (closedSessions > 0) {
    await connection.query(
      `insert into radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime, acctstoptime,
         acctsessiontime, callingstationid, acctterminatecause)
       select concat('old-', seq), md5(seq), concat('user', seq div 5), '127.0.0.1', '2026-01-01', '2026-01-02',
         86400, '203.0.113.1', 'User-Request' from seq_0_to_${closedSessions - 1}`,
    );
  }
  await connection.query('analyze table radcheck, radacct, radreply, radusergroup');
}

interface Peer extends RadiusServerPlace {
  readonly threads: number;
}

function configuration(directory: string, { secret, authPort, acctPort, threads }: Peer): string {
  return `
name = peer
prefix = /usr
localstatedir = /var
raddbdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
libdir = /usr/lib/freeradius
modconfdir = /etc/freeradius/3.0/mods-config
max_request_time = 10
cleanup_delay = 5
max_requests = 131072
security {
  allow_core_dumps = no
  reject_delay = 0
  status_server = no
}
thread pool {
  start_servers = 4
  max_servers = ${threads}
  min_spare_servers = 4
  max_spare_servers = ${threads}
  auto_limit_acct = no
}
client loopback {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  pap {
  }
  expr {
  }
  sql {
    dialect = "mysql"
    driver = "rlm_sql_mysql"
    server = "localhost"
    login = "root"
    password = ""
    radius_db = "${database}"
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    groupcheck_table = "radgroupcheck"
    authreply_table = "radreply"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    delete_stale_sessions = yes
    read_clients = no
    client_table = "nas"
    group_attribute = "SQL-Group"
    pool {
      start = ${threads}
      min = ${threads}
      max = ${threads}
      spare = 0
      uses = 0
      retry_delay = 1
      lifetime = 0
      idle_timeout = 0
    }
    $INCLUDE \${modconfdir}/sql/main/mysql/queries.conf
  }
}
server peer {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${authPort}
  }
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${acctPort}
  }
  authorize {
    update reply {
      &Message-Authenticator := 0x00
    }
    sql
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
  session {
    sql
  }
  post-auth {
    sql
    Post-Auth-Type REJECT {
      sql
    }
  }
  preacct {
    update request {
      &Acct-Unique-Session-Id := "%{md5:%{User-Name},%{Acct-Session-ID},%{NAS-IP-Address},%{NAS-Identifier},%{NAS-Port-ID},%{NAS-Port}}"
    }
  }
  accounting {
    sql
  }
}
`;
}
