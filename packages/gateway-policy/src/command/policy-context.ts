/**
 * Everything a policy command needs, constructed once and closed together: truth, lock, dataplane, documents. The only
 * place of these commands that constructs things.
 */
import { join, resolve } from 'node:path';
import { HoldfastError, type LockObserver } from '@holdfast/base';
import { type LockBackendName, prepareDirectory } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { assertSchema, type GatewayRow, isGatewayName, openTruth, type Truth } from '@holdfast/truth-db';
import {
  createKernelDataplane,
  createRecordedDataplane,
  type Dataplane,
  type RemovalGuardOptions,
} from '../index.ts';
import { type PolicyDocuments, policyDocuments } from './policy-documents.ts';
import { recordedStore } from './recorded-store.ts';

export interface PolicyContextOptions {
  readonly stateDir: string;
  readonly database: string | undefined;
  readonly gateway: string | undefined;
  readonly dataplane: 'kernel' | 'recorded';
  readonly netns: string | undefined;
  readonly device: string | undefined;
  /** Default 'auto'. */
  readonly lockBackend?: LockBackendName;
  /** Limits of the removal guard. Default: its own. */
  readonly removals?: RemovalLimits;
  readonly observer: LockObserver;
}

export interface PolicyContext extends AsyncDisposable {
  readonly gateway: string;
  readonly truth: Truth;
  readonly runner: LockRunner;
  /** The dataplane of a gateway as a snapshot of truth describes it. */
  readonly dataplaneFor: (gateway: GatewayRow) => Dataplane;
  readonly documents: PolicyDocuments;
  readonly removals?: RemovalLimits;
  /** Where hooks put their events. */
  readonly spoolDirectory: string;
}

export type RemovalLimits = Pick<RemovalGuardOptions, 'maxRatio' | 'minCount'>;

/**
 * Looks at truth but not at the dataplane: whether that can be used shows in the run, which has recorded its trigger by then.
 *
 * @throws HoldfastError STATE_DIRECTORY, DATABASE_UNREACHABLE, SCHEMA_MISSING, SCHEMA_NEWER, CONFIG_INVALID - nothing was
 *   changed
 */
export async function openPolicyContext(options: PolicyContextOptions): Promise<PolicyContext> {
  const stateDir = resolve(options.stateDir);
  prepareDirectory(join(stateDir, 'runs'));
  await using cleanup = new AsyncDisposableStack();
  const url = options.database ?? `sqlite:${join(stateDir, 'truth.sqlite')}`;
  const truth = cleanup.use(openTruth(url, { create: false })); // an empty truth would be a gateway without sessions
  await assertSchema(truth);
  const gateway = await findGateway(truth, options.gateway);
  const runner = new LockRunner({
    directory: join(stateDir, 'locks'),
    backend: options.lockBackend ?? 'auto',
    observer: options.observer,
  });
  const documents = policyDocuments({ stateDir, gateway });
  const opened = cleanup.move();
  return {
    gateway,
    truth,
    runner,
    dataplaneFor: (row) => createDataplane(options, row, stateDir),
    documents,
    spoolDirectory: spoolDirectoryOf(stateDir),
    ...(options.removals === undefined ? {} : { removals: options.removals }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Where hooks put their events for the runs of a state directory. */
export function spoolDirectoryOf(stateDir: string): string {
  return join(resolve(stateDir), 'spool');
}

/** @returns the name of the gateway that is wanted, or of the only one */
async function findGateway(truth: Truth, wanted: string | undefined): Promise<string> {
  const rows = await truth.db.selectFrom('gateways').select('name').orderBy('name').execute();
  const names = rows.map(({ name }) => name);
  const [first, second] = wanted === undefined ? names : names.filter((name) => name === wanted);
  if (first !== undefined && second === undefined) return usable(first);
  const listed = names.map((name) => JSON.stringify(name)).join(', ') || 'none';
  const what = wanted === undefined ? 'no single gateway to work on' : `no gateway named ${wanted}`;
  throw new HoldfastError('CONFIG_INVALID', `truth has ${what}; it has: ${listed}`, { details: { wanted } });
}

/** The name becomes part of file names: one that was written by other means than ours is not trusted. */
function usable(name: string): string {
  if (isGatewayName(name)) return name;
  throw new HoldfastError(
    'CONFIG_INVALID',
    `truth has a gateway of the impossible name ${JSON.stringify(name)}`,
    {
      details: { name },
    },
  );
}

function createDataplane(options: PolicyContextOptions, gateway: GatewayRow, stateDir: string): Dataplane {
  const { layout, device, shards } = gateway;
  if (options.dataplane === 'recorded') {
    return createRecordedDataplane({
      store: recordedStore(join(stateDir, `dataplane-${gateway.name}.json`)),
      layout,
    });
  }
  return createKernelDataplane({
    gateway: { layout, device: options.device ?? device, shards },
    ...(options.netns === undefined ? {} : { netns: options.netns }),
  });
}
