/**
 * Everything a policy command needs, constructed once and closed together: truth, lock, dataplane, documents. The only
 * place of these commands that constructs things.
 */
import { join } from 'node:path';
import { type LockRunner, seenGeneration } from '@holdfast/lock-runner';
import { assertSchema, type GatewayRow, openTruth, readGatewayNames, type Truth } from '@holdfast/truth-db';
import { createKernelDataplane, createRecordedDataplane, type Dataplane } from '../index.ts';
import { gatewayOf } from './gateway-of.ts';
import { type PolicyDocuments, policyDocuments } from './policy-documents.ts';
import {
  lockDirectoryOf,
  type PolicyContextOptions,
  policyPlace,
  policyRunner,
  type RemovalLimits,
} from './policy-place.ts';
import { policyScope } from './policy-trigger.ts';
import { recordedStore } from './recorded-store.ts';

export interface PolicyContext extends AsyncDisposable {
  readonly gateway: string;
  readonly truth: Truth;
  readonly runner: LockRunner;
  /** The newest generation of the gateway's lock, asked without the lock: greater when somebody has begun to write. */
  readonly seenGeneration: () => number;
  /** The dataplane of a gateway as a snapshot of truth describes it. */
  readonly dataplaneFor: (gateway: GatewayRow) => Dataplane;
  readonly documents: PolicyDocuments;
  readonly removals?: RemovalLimits;
  /** Where hooks put their events. */
  readonly spoolDirectory: string;
}

/**
 * Looks at truth but not at the dataplane: whether that can be used shows in the run, which has recorded its trigger by then.
 *
 * @throws HoldfastError STATE_DIRECTORY, DATABASE_UNREACHABLE, SCHEMA_MISSING, SCHEMA_NEWER, CONFIG_INVALID - nothing was
 *   changed
 */
export async function openPolicyContext(options: PolicyContextOptions): Promise<PolicyContext> {
  const place = policyPlace(options);
  const { stateDir, spoolDirectory } = place;
  await using cleanup = new AsyncDisposableStack();
  const truth = cleanup.use(openTruth(place.databaseUrl, { create: false })); // an empty truth would be a gateway without sessions
  await assertSchema(truth);
  const gateway = gatewayOf(await readGatewayNames(truth), options.gateway);
  const runner = policyRunner(options, place);
  const documents = policyDocuments({ stateDir, gateway });
  const opened = cleanup.move();
  return {
    gateway,
    truth,
    runner,
    seenGeneration: () => seenGeneration(lockDirectoryOf(stateDir), policyScope(gateway)),
    dataplaneFor: (row) => createDataplane(options, row, stateDir),
    documents,
    spoolDirectory,
    ...(options.removals === undefined ? {} : { removals: options.removals }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
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
