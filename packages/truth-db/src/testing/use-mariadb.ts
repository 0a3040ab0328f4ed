/** A private MariaDB server for the contracts of a suite. */
import { afterAll, beforeAll } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { openTruth } from '../index.ts';
import type { MakeDatabase } from './session-world.ts';

/** To be called inside a suite: its server is there while its tests run. */
export function useMariadb(): MakeDatabase {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadbServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  return async () => {
    const url = await emptyDatabase(server);
    return {
      open: () => openTruth(url, { busyTimeoutMs: 30_000 }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  };
}
