/**
 * A gateway for the matrix: truth, a context as a command opens it, a memory as the daemon keeps it, and a stock of sessions on
 * which each trigger finds something to change. The end of one row is the ground of the next.
 */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataplane } from '@holdfast/gateway-policy';
import { openPolicyContext, type PolicyContext, PolicyMemory } from '@holdfast/gateway-policy/command';
import { addGateway, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { createLab, type Lab, labDevice } from '../../support/network-lab.ts';
import { gateway } from '../../support/policy-world.ts';
import { type Picture, shownByFile, shownByKernel, wantedBy } from './recomputed.ts';
import { SessionStock, shards } from './session-stock.ts';

export interface MatrixWorld extends AsyncDisposable {
  readonly stateDir: string;
  readonly database: string;
  readonly truth: Truth;
  readonly lab: Lab | undefined;
  readonly context: PolicyContext;
  /** Of a process that runs again and again, the daemon's: of `recorded` and `hook`. */
  readonly memory: PolicyMemory;
  readonly stock: SessionStock;
  /** How often the whole dataplane was read through the context. */
  readings(): number;
  wanted(): Promise<Picture>;
  shown(): Picture;
}

export interface MatrixWorldOptions {
  readonly dataplane: 'recorded' | 'kernel';
  /** URL of an empty database. Default: a SQLite file in the state directory. */
  readonly database?: string;
}

/** In memory where there is some: what a flush costs is not what the matrix asks. */
const places = ['/dev/shm', tmpdir()];

export async function matrixWorld(options: MatrixWorldOptions): Promise<MatrixWorld> {
  await using cleanup = new AsyncDisposableStack();
  const place = places.find((path) => existsSync(path)) ?? tmpdir();
  const stateDir = await mkdtemp(join(place, 'holdfast-'));
  cleanup.defer(() => rm(stateDir, { recursive: true, force: true }));
  await mkdir(join(stateDir, 'spool'), { mode: 0o700 });
  const lab = options.dataplane === 'kernel' ? cleanup.use(createLab()) : undefined;
  const database = options.database ?? `sqlite:${join(stateDir, 'truth.sqlite')}`;
  const truth = cleanup.use(openTruth(database, { busyTimeoutMs: 60_000 })); // storms of processes write to it too
  await migrate(truth);
  await truth.transaction((trx) =>
    addGateway(trx, { name: gateway, layout: 'shared-device', device: labDevice, shards }),
  );
  const opened = await openMatrixContext({ stateDir, database, netns: lab?.netns });
  const context = cleanup.use(opened.context);
  const moved = cleanup.move();
  return {
    stateDir,
    database,
    truth,
    lab,
    context,
    memory: new PolicyMemory(),
    stock: new SessionStock({ truth, gateway, spool: join(stateDir, 'spool') }),
    readings: opened.readings,
    wanted: () => wantedBy(truth, gateway, Date.now()),
    shown: () => (lab === undefined ? shownByFile(stateDir, gateway) : shownByKernel(lab)),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

export interface MatrixPlace {
  readonly stateDir: string;
  readonly database: string;
  /** Undefined for the recorded dataplane. */
  readonly netns: string | undefined;
}

export async function openMatrixContext(
  place: MatrixPlace,
): Promise<{ readonly context: PolicyContext; readonly readings: () => number }> {
  const { stateDir, database, netns } = place;
  const context = await openPolicyContext({
    stateDir,
    database,
    gateway,
    dataplane: netns === undefined ? 'recorded' : 'kernel',
    netns,
    device: undefined,
    observer: {},
  });
  let readings = 0;
  const dataplaneFor: PolicyContext['dataplaneFor'] = (row): Dataplane => {
    const dataplane = context.dataplaneFor(row);
    return {
      ...dataplane,
      read: () => {
        readings += 1;
        return dataplane.read();
      },
    };
  };
  return { context: { ...context, dataplaneFor }, readings: () => readings };
}
