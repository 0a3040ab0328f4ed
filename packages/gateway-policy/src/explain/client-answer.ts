/** The answer to a question about a client, as facts. Keys are stable; what people read is made of them. */
import type { LockParty } from '@holdfast/base';
import type {
  FoundBy,
  GatewayStanding,
  StoryConnection,
  StoryCustomer,
  StoryEnded,
  StorySession,
  StoryTrigger,
} from '@holdfast/truth-db';
import type { CapacityForecast } from '../capacity-forecast.ts';
import type { RunRecord } from '../command/run-record.ts';
import type { DriftEntry } from '../drift.ts';
import type { NasDrift } from '../nas/nas-report.ts';
import type { SnapshotProblem } from '../snapshot-problem.ts';
import type { KernelLook } from './kernel-look.ts';
import type { NasSide } from './nas-side.ts';
import type { Effect, PolicyObject } from './session-part.ts';

/** 'unknown': what is live could not be looked at. */
export type Agreement = 'agrees' | 'differs' | 'unknown';

export interface ClientAnswer {
  readonly foundBy: FoundBy;
  readonly agreement: Agreement;
  /** Why the client has, or has not, traffic at this rate. */
  readonly because: string;
  readonly connection: StoryConnection;
  readonly customer: StoryCustomer | null;
  readonly session: AnsweredSession | null;
  readonly ended: readonly StoryEnded[];
  /** The gateway of the session, or of the last one; null when there was none. */
  readonly gateway: GatewayStanding | null;
  /** How full that gateway is; null when there is none, or its truth is invalid. */
  readonly capacity: CapacityForecast | null;
  readonly addresses: readonly string[];
  readonly desired: Wanted | null;
  readonly actual: Found | null;
  /** What differs, in the words of a report. */
  readonly drift: readonly (DriftEntry | NasDrift)[];
  readonly nas: NasSide | null;
  readonly triggers: readonly StoryTrigger[];
  readonly runs: readonly RunRecord[];
  readonly policyLock: { readonly holder: LockParty | null; readonly waiters: readonly LockParty[] };
  readonly warnings: readonly string[];
}

export type AnsweredSession = StorySession & {
  /** 'over': its time is over and nobody has ended it yet. */
  readonly standing: 'confirmed' | 'pending' | 'over' | 'released';
};

/** What truth wants of the kernel; `problems` are why it can want nothing. */
export interface Wanted {
  readonly effect: Effect | null;
  readonly objects: readonly PolicyObject[];
  readonly problems: readonly SnapshotProblem[];
  /** Problems of other rows of the same gateway: they keep every run from writing too. */
  readonly otherProblems: number;
}

/** What the kernel has. */
export type Found =
  | {
      readonly kind: 'read';
      readonly dataplane: 'kernel' | 'recorded';
      readonly effect: Effect;
      readonly objects: readonly PolicyObject[];
    }
  | Extract<KernelLook, { kind: 'unread' }>;
