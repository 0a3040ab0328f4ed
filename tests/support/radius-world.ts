/**
 * Logins as they are in production: several sites on one MariaDB, each a FreeRADIUS with the shipped configuration and a
 * mapper of its own.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import {
  type FreeradiusServer,
  type FreeradiusServerOptions,
  startFreeradiusServer,
} from './freeradius-server.ts';
import { type MapperOptions, type MapperProcess, startMapper } from './mapper-process.ts';
import { type MariadbServer, startMariadbServer } from './mariadb-server.ts';
import { fillRadiusTruth } from './radius-truth.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const userPassword = 'correct horse battery';

export interface RadiusSite {
  readonly mapper: MapperProcess;
  readonly radius: FreeradiusServer;
  /** SIGKILL to the mapper, and another one in its place, on the same port and state directory. */
  restartMapper(): Promise<void>;
}

export interface RadiusWorld extends AsyncDisposable {
  readonly server: MariadbServer;
  readonly truth: Truth;
  readonly sites: readonly RadiusSite[];
}

export interface RadiusWorldOptions {
  readonly sites: number;
  readonly users: number;
  readonly mapper?: Partial<MapperOptions>;
  readonly radius?: Partial<FreeradiusServerOptions>;
}

export async function radiusWorld(options: RadiusWorldOptions): Promise<RadiusWorld> {
  const { sites: count, users } = options;
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const server = cleanup.use(await startMariadbServer({ isDurable: true, hasPort: true }));
  const database = `mysql://root@127.0.0.1:${server.port}/holdfast`;
  const truth = cleanup.use(openTruth(database, { busyTimeoutMs: 60_000 }));
  await migrate(truth);
  await fillRadiusTruth(truth, { users, password: userPassword });
  const sites: RadiusSite[] = [];
  for (let site = 0; site < count; site += 1) {
    const stateDir = join(path, `site${site}`);
    await mkdir(stateDir, { mode: 0o700 });
    sites.push(await startSite({ ...options.mapper, database, stateDir }, options.radius ?? {}, cleanup));
  }
  const opened = cleanup.move();
  return { server, truth, sites, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function startSite(
  mapperOptions: MapperOptions,
  radiusOptions: Partial<FreeradiusServerOptions>,
  cleanup: AsyncDisposableStack,
): Promise<RadiusSite> {
  let mapper = await startMapper(mapperOptions);
  cleanup.defer(() => mapper[Symbol.asyncDispose]());
  const { url, secret, port } = mapper;
  const radius = cleanup.use(
    await startFreeradiusServer({ ...radiusOptions, mapper: url, mapperSecret: secret }),
  );
  return {
    radius,
    get mapper() {
      return mapper;
    },
    restartMapper: async () => {
      await mapper.kill();
      mapper = await startMapper({ ...mapperOptions, port });
    },
  };
}
