/**
 * What differs between a gateway and truth although no run is at it: the drift that a person is shown. Nothing waits for the
 * look, and the look waits for no run.
 *
 *     nobody has the lock, generation G ─► covered ─► truth ─► kernel ─► still generation G, and nothing recorded since?
 *
 * A run takes a generation of the lock before its first effect. So when the lock was free for a moment, and the generation
 * after the reading is that of before, nobody has written in between, and what was read is no state half-way. The lock is
 * had for that moment only, and never queued for: whoever comes meanwhile is served at once, and a run of seconds is
 * not delayed by a look of seconds.
 *
 * What truth has and nobody has covered yet is on its way, and no drift, as long as somebody expects a run. Where the
 * gateway does not rest for the length of a look, the triggers tell whom runs were about, and the others are looked at.
 */
import { type Clock, isHoldfastError } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import {
  type GatewayRow,
  type GatewaySnapshot,
  readCovered,
  readGatewayNews,
  readGatewaySnapshot,
  type Truth,
  unknownGateway,
} from '@holdfast/truth-db';
import type { Changes } from '../changes.ts';
import { policyScope } from '../command/policy-trigger.ts';
import type { Dataplane } from '../dataplane.ts';
import { desiredState } from '../desired-state.ts';
import { diffState } from '../diff-state.ts';
import { type DriftEntry, driftOf } from '../drift.ts';
import type { ActualState } from '../policy-state.ts';
import { surePart } from './sure-part.ts';

export type GatewayLook =
  | {
      readonly kind: 'read';
      /** As of when, in milliseconds since the Unix epoch. */
      readonly at: number;
      /** False when somebody was at the gateway meanwhile: then the drift is the part of it that is sure all the same. */
      readonly isWhole: boolean;
      readonly dataplane: Dataplane['name'];
      readonly actual: ActualState;
      readonly drift: readonly DriftEntry[];
    }
  /** Somebody was at the gateway all the while, and may have been about any object. */
  | { readonly kind: 'disturbed' };

export interface GatewayLookOptions {
  readonly gateway: string;
  readonly truth: Truth;
  readonly runner: LockRunner;
  /** The newest generation of the gateway's lock, asked without the lock. */
  readonly seenGeneration: () => number;
  /** Whether a run that gave way with work left is about to go on. */
  readonly isComingBack: () => Promise<boolean>;
  readonly dataplaneOf: (gateway: GatewayRow) => Dataplane;
  /**
   * Whether what is recorded and not covered will be live soon, and a run that gave way will go on. No when runs fail: then
   * everything that differs stays so, and is shown.
   */
  readonly expectsRun: () => boolean;
  readonly clock: Clock;
  /** How long it is tried again when it was disturbed, in milliseconds; 300. */
  readonly patienceMs?: number;
}

const pauseMs = 20;
/** So often the kernel is read for a whole look, before a part is good enough. */
const mostReadings = 3;

/** @throws HoldfastError as truth, `desiredState` and `Dataplane.read` do */
export async function lookAtGateway(options: GatewayLookOptions): Promise<GatewayLook> {
  const { clock, patienceMs = 300 } = options;
  const endMs = clock.monotonicMs() + patienceMs;
  let part: GatewayLook | undefined;
  for (let readings = 0; ; ) {
    const look = await lookOnce(options);
    if (look.kind === 'read') {
      readings += 1;
      if (look.isWhole || readings === mostReadings) return look;
      part = look;
    }
    if (clock.monotonicMs() + pauseMs > endMs) return part ?? look;
    await clock.sleep(pauseMs);
  }
}

async function lookOnce(options: GatewayLookOptions): Promise<GatewayLook> {
  const { truth, gateway, clock, seenGeneration, expectsRun } = options;
  const generation = await quietGeneration(options);
  if (generation === undefined) return { kind: 'disturbed' };
  // Before truth: what a run covers between the two is taken for being on its way, which is merely careful.
  const covered = await readCovered(truth, gateway);
  const at = clock.wallMs();
  const snapshot = await readGatewaySnapshot(truth, gateway, at);
  if (snapshot === undefined) throw unknownGateway(gateway);
  const desired = desiredState(snapshot);
  const dataplane = options.dataplaneOf(snapshot.gateway);
  const actual = await dataplane.read();
  const isOnItsWay = snapshot.newestTrigger > covered && expectsRun();
  const isWhole = !isOnItsWay && seenGeneration() === generation;
  const changes = diffState(desired, actual);
  const sure = isWhole ? changes : await withoutNews(options, { changes, snapshot, covered });
  if (sure === undefined) return { kind: 'disturbed' };
  return { kind: 'read', at, isWhole, dataplane: dataplane.name, actual, drift: driftOf(sure) };
}

interface Compared {
  readonly changes: Changes;
  readonly snapshot: GatewaySnapshot;
  /** Up to here everything was live before the snapshot. */
  readonly covered: number;
}

/** @returns undefined when a trigger names nobody, or they are too many, so that any object may have been written */
async function withoutNews(
  { truth, gateway, clock }: GatewayLookOptions,
  { changes, snapshot, covered }: Compared,
): Promise<Changes | undefined> {
  const news = await readGatewayNews(truth, gateway, { since: covered, now: clock.wallMs() });
  if (news?.connections === undefined) return undefined;
  const named = new Set(news.connections);
  const sessions = snapshot.sessions.filter(({ vpnConnectionId: id }) => named.has(id));
  return surePart(changes, desiredState({ ...snapshot, sessions }));
}

/** The generation of a moment in which nobody wrote; undefined when somebody did, or has stopped half-way. */
async function quietGeneration(options: GatewayLookOptions): Promise<number | undefined> {
  const { runner, gateway, seenGeneration, expectsRun, isComingBack } = options;
  try {
    return await runner.run(policyScope(gateway), { waitMs: 0, priority: 'background' }, async () =>
      expectsRun() && (await isComingBack()) ? undefined : seenGeneration(),
    );
  } catch (error) {
    if (isHoldfastError(error, 'LOCK_BUSY')) return undefined;
    throw error;
  }
}
