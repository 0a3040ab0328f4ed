/**
 * The gateways of truth and what their runs publish. A gateway that was inserted by SQL alone has no state row: nothing is
 * covered until its first run, which adds the row.
 */
import { HoldfastError } from '@holdfast/base';
import { type Kysely, sql } from 'kysely';
import { askKysely } from './ask-kysely.ts';
import { engineSql } from './engine-sql.ts';
import { coverOf, namingGateways } from './gateway-askings.ts';
import { isGatewayName } from './gateway-name.ts';
import type { GatewayRow } from './gateway-snapshot.ts';
import type { NasProfile, RunOutcome, TruthTables } from './tables.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { unknownGateway } from './unknown-gateway.ts';
import { encodeTime, type Moment } from './utc-time.ts';

export { unknownGateway } from './unknown-gateway.ts';

export interface NewGateway {
  /** Unique; the last part of the lock scope `policy:NAME`. One that `isGatewayName` accepts. */
  readonly name: string;
  readonly layout: GatewayRow['layout'];
  readonly device: string;
  /** Number of HTB shards, a power of two from 1 to 256; 256. */
  readonly shards?: number;
  /** Addresses its RADIUS packets come from; each belongs to one gateway. */
  readonly nasAddresses?: readonly string[];
  /** UDP port for Disconnect and CoA requests, and the secret that signs them. */
  readonly coaPort?: number;
  readonly coaSecret?: string;
  /** Which attributes its NASes understand; none, so that they get Disconnect requests only. */
  readonly nasProfile?: NasProfile;
}

export interface PolicyRun {
  readonly gateway: string;
  /** The newest trigger id that was in truth when the run read it. */
  readonly covered: number;
  readonly outcome: RunOutcome;
  /** Digest of the desired state. */
  readonly digest: string;
  readonly at: Moment;
  /** Rounded to whole milliseconds. */
  readonly tookMs: number;
}

/**
 * Adds a gateway with its counter of triggers and its empty state.
 *
 * @returns the id of the row
 * @throws HoldfastError TRUTH_INVALID - the name is none for a gateway, the name or a NAS address is taken, or a value is
 *   not allowed
 */
export async function addGateway(trx: TruthTransaction, gateway: NewGateway): Promise<number> {
  const { name, layout, device, shards = 256, nasAddresses = [], coaPort = null, coaSecret = null } = gateway;
  const { nasProfile = null } = gateway;
  requireGatewayName(name);
  const row = {
    name,
    layout,
    device,
    shards,
    coa_port: coaPort,
    coa_secret: coaSecret,
    nas_profile: nasProfile,
  };
  const { insertId } = await trx.insertInto('gateways').values(row).executeTakeFirstOrThrow();
  await trx.insertInto('trigger_counters').values({ gateway: name }).execute();
  await trx.insertInto('gateway_state').values({ gateway: name }).execute();
  for (const nasIp of nasAddresses) {
    await trx.insertInto('gateway_nas_addresses').values({ nas_ip: nasIp, gateway: name }).execute();
  }
  return Number(insertId);
}

function requireGatewayName(name: string): void {
  if (isGatewayName(name)) return;
  throw new HoldfastError('TRUTH_INVALID', `${JSON.stringify(name)} is not the name of a gateway`, {
    details: { name },
  });
}

/**
 * The trigger id up to which a gateway is known to be live.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function readCovered(truth: Truth, gateway: string): Promise<number> {
  return askKysely(truth.db, coverOf(gateway));
}

/** The names of all gateways, sorted. */
export async function readGatewayNames(truth: Truth): Promise<readonly string[]> {
  return askKysely(truth.db, namingGateways());
}

/**
 * Stores what a run has done. `covered` only grows: a run that read truth earlier and ends later takes nothing back.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function publishRun(truth: Truth, run: PolicyRun): Promise<void> {
  if (await updateState(truth, run)) return;
  await addMissingState(truth, run.gateway);
  if (await updateState(truth, run)) return;
  await requireGateway(truth.db, run.gateway);
}

/** @returns whether a state row was found */
async function updateState(truth: Truth, run: PolicyRun): Promise<boolean> {
  const { gateway, covered, outcome, digest, at, tookMs } = run;
  const { numUpdatedRows } = await truth.db
    .updateTable('gateway_state')
    .set((eb) => ({
      covered: eb.case().when('covered', '<', covered).then(covered).else(eb.ref('covered')).end(),
      last_outcome: outcome,
      last_digest: digest,
      last_run_at: encodeTime(at),
      last_took_ms: Math.round(tookMs),
    }))
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** One statement, so that it can neither overwrite the row of another run nor add one without its gateway. */
async function addMissingState(truth: Truth, gateway: string): Promise<void> {
  await sql`
    insert into gateway_state (gateway) select name from gateways where name = ${gateway}
    ${engineSql(truth.db).onDuplicate('gateway')} covered = gateway_state.covered`.execute(truth.db);
}

/** @throws HoldfastError CONFIG_INVALID - truth has no such gateway */
export async function requireGateway(db: Kysely<TruthTables>, gateway: string): Promise<void> {
  const row = await db.selectFrom('gateways').select('id').where('name', '=', gateway).executeTakeFirst();
  if (row === undefined) throw unknownGateway(gateway);
}
