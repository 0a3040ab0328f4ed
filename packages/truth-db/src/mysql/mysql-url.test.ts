import { isHoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { mysqlEndpoint } from './mysql-url.ts';

describe('the URL of a database server', () => {
  it('names host, port, account and database, percent-decoded', () => {
    expect(mysqlEndpoint('mysql://us%40er:p%2Fw%3A%25@db.example:3307/tr%C3%BCth')).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'us@er',
      password: 'p/w:%',
      database: 'trüth',
      poolSize: 10,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 60_000,
    });
  });

  it('takes mariadb://, an IPv6 host and every option', () => {
    const options =
      'tls=encrypt&pool=3&connect-timeout=2s&statement-timeout=infinite&socket=%2Frun%2Fdb.sock';
    expect(mysqlEndpoint(`mariadb://u@[::1]/t?${options}`)).toMatchObject({
      host: '::1',
      port: 3306,
      password: '',
      socketPath: '/run/db.sock',
      tls: { isVerified: false },
      poolSize: 3,
      connectTimeoutMs: 2_000,
      statementTimeoutMs: Number.POSITIVE_INFINITY,
    });
    expect(mysqlEndpoint('mysql://u@h/t?tls=verify').tls).toEqual({ isVerified: true });
    expect(mysqlEndpoint('mysql://u@h/t?tls=off').tls).toBeUndefined();
  });

  it.each([
    'mysql://',
    'mysql:root:hunter2',
    'mysql://root:hunter2@',
    'mysql://root:hunter2@localhost',
    'mysql://root:hunter2@localhost/',
    'mysql://root:hunter2@localhost/a/b',
    'mysql://:hunter2@localhost/db',
    'mysql://root:hunter2%@localhost/db',
    'mysql://root:hunter2@localhost:port/db',
    'mysql://root:hunter2@localhost/db#hunter2',
    'mysql://root@localhost/db?password=hunter2',
    'mysql://root@localhost/db?pool=hunter2',
    'mysql://root@localhost/db?pool=0',
    'mysql://root@localhost/db?pool=1&pool=2',
    'mysql://root@localhost/db?connect-timeout=hunter2',
    'mysql://root@localhost/db?connect-timeout=0',
    'mysql://root@localhost/db?tls=hunter2',
    'mysql://root@localhost/db?tls-ca=hunter2',
    'mysql://root@localhost/db?tls=verify&tls-ca=/hunter/2',
    'mysql://root:hunter2@127.0.0.1/db?tls=verify',
    'mysql://root:hunter2@[::1]/db?tls=verify',
    'mysql://root@localhost/db?socket=',
  ])('%j is refused, and nothing of it is repeated', (url) => {
    const error = thrownBy(() => mysqlEndpoint(url));
    expect(isHoldfastError(error, 'CONFIG_INVALID')).toBe(true);
    expect(JSON.stringify([String(error), (error as { details: unknown }).details])).not.toContain('hunter');
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
