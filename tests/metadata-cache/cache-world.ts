/** A state directory, a catalogue server, and the calls of `metadata-cache` on them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDocument } from '@holdfast/state';
import type { Catalogue } from '../../apps/metadata-cache/src/catalogue.ts';
import type { RefreshReport } from '../../apps/metadata-cache/src/refresh/refresh-report.ts';
import type { RefreshResult } from '../../apps/metadata-cache/src/refresh/run-refresh.ts';
import { runtimes } from '../support/repository.ts';
import { type Finished, type Running, type RunOptions, startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { cacheBin } from './cache-bin.ts';
import { type CatalogueServer, catalogueServer } from './catalogue-server.ts';
import { type OwnRefreshOptions, ownRefresh } from './own-refresh.ts';

export interface CallOptions extends RunOptions {
  readonly runtime?: keyof typeof runtimes;
}

export interface Reported extends Finished {
  readonly report: RefreshReport;
}

export interface CacheWorld extends AsyncDisposable {
  readonly stateDir: string;
  readonly directory: string;
  /** Of the catalogue of the server. */
  readonly path: string;
  readonly server: CatalogueServer;
  /** Words of a whole call. */
  words(command: string, args?: readonly string[]): readonly string[];
  start(command: string, args?: readonly string[], options?: CallOptions): Running;
  run(command: string, args?: readonly string[], options?: CallOptions): Promise<Finished>;
  /** `refresh --json` */
  refresh(args?: readonly string[], options?: CallOptions): Promise<Reported>;
  /** A refresh in this process. */
  refreshed(options?: Partial<OwnRefreshOptions>): Promise<RefreshResult>;
  /** The catalogue on disk, read apart from the program. */
  cached(): Catalogue | undefined;
  /** Names in the cache directory that are no catalogue and no last good one. */
  leftovers(): readonly string[];
}

export async function cacheWorld(given?: CatalogueServer): Promise<CacheWorld> {
  await using cleanup = new AsyncDisposableStack();
  const { path: stateDir } = cleanup.use(await temporaryDirectory());
  const server = given ?? cleanup.use(await catalogueServer());
  const directory = join(stateDir, 'cache');
  const path = join(directory, 'foojay.json');
  const words: CacheWorld['words'] = (command, args = []) => [
    ...[cacheBin, command, '--state-dir', stateDir],
    ...(command === 'doctor' ? args : ['--foojay-url', server.url, ...args]),
  ];
  const start: CacheWorld['start'] = (command, args = [], { runtime = 'node', ...options } = {}) =>
    startProcess(runtimes[runtime], words(command, args), options);
  const run: CacheWorld['run'] = (...call) => start(...call).finished;
  const opened = cleanup.move();
  return {
    stateDir,
    directory,
    path,
    server,
    words,
    start,
    run,
    refresh: async (args = [], options = {}) => {
      const finished = await run('refresh', ['--json', ...args], options);
      return { ...finished, report: JSON.parse(finished.stdout) as RefreshReport };
    },
    refreshed: (options = {}) => ownRefresh({ stateDir, url: server.url, ...options }),
    cached: () => {
      if (!existsSync(path)) return undefined;
      const document = decodeDocument(readFileSync(path));
      if (document.kind !== 'good') throw new Error(`the cache is ${document.kind}`);
      return document.value as Catalogue;
    },
    leftovers: () =>
      existsSync(directory)
        ? readdirSync(directory).filter((name) => !/\.json(?:\.last-good)?$/.test(name))
        : [],
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
