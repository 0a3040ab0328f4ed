/** Connections that say something else to the server than they were asked to: the servers and proxies there is no package of. */
import type { Connection, QueryOptions } from 'mysql2/promise';

/** A connection whose statements are rewritten. */
export function rewriting(connection: Connection, rewrite: (sql: string) => string): Connection {
  return withQuery(connection, (options) => connection.query({ ...options, sql: rewrite(options.sql) }));
}

/** MySQL, as far as its clients can tell: another version, other settings, and a limit in whole seconds. */
export function likeMysql(connection: Connection): Connection {
  return rewriting(connection, (sql) =>
    sql
      .replace('VERSION()', "'8.0.36'")
      .replace('max_execution_time', 'max_statement_time')
      .replace('transaction_read_only', 'tx_read_only')
      .replace(/GET_LOCK\('(.*)', (\d+\.\d+)\)/, (_all, _name, limit) => {
        throw new Error(`MySQL does not wait for ${limit} s`);
      }),
  );
}

/** What a proxy makes of several connections: each statement goes to the next one. */
export function spreading(connections: readonly [Connection, ...Connection[]]): Connection {
  let turn = 0;
  return withQuery(connections[0], (options) => {
    turn += 1;
    return (connections[turn % connections.length] ?? connections[0]).query(options);
  });
}

function withQuery(connection: Connection, query: (options: QueryOptions) => unknown): Connection {
  return new Proxy(connection, {
    get: (target, property) => {
      if (property === 'query') return query;
      const value = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
