/** One mutation, as the code that serves a request describes it. */
import type { TruthTransaction } from '@holdfast/truth-db';
import type { Precondition } from './answer/outcome.ts';
import type { ResourceKind, Stored } from './kind/resource-kind.ts';
import type { Actor } from './request/actor.ts';
import type { Json, JsonObject } from './request/json.ts';

interface Request<Value extends object, Viewer> {
  readonly kind: ResourceKind<Value, Viewer>;
  /** Method and route, `PATCH /v1/tasks/{id}`; at most 128 characters. */
  readonly operation: string;
  /** As it came. */
  readonly clientMutationId: unknown;
  /** Everything that was sent and is not named elsewhere here: it tells a retry from another request. */
  readonly input: Json;
  readonly actor: Actor<Viewer>;
  /** Keys of other resources that it changes too, `customer:5`. */
  readonly alsoLocks?: readonly string[];
}

/** A change of a resource that is there. */
export interface Mutation<Value extends object, Viewer> extends Request<Value, Viewer> {
  readonly id: string;
  /** As it came: the version that the change is based on. */
  readonly version: unknown;
  /** Where that came from; `version`, a member of the body. */
  readonly precondition?: Precondition;
  readonly change: Change<Value>;
}

/** The making of a new one. */
export interface Creation<Value extends object, Viewer> extends Request<Value, Viewer> {
  readonly create: (context: CreationContext) => Promise<Created<Value>>;
}

export interface CreationContext {
  readonly trx: TruthTransaction;
  /** Now, in milliseconds since the Unix epoch; the same for everything that one transaction writes. */
  readonly at: number;
}

export interface ChangeContext<Value> extends CreationContext {
  readonly id: string;
  /** What is there, at the version that was sent. */
  readonly stored: Stored<Value>;
}

/**
 * Makes the change, guarded by `stored.version`, which it counts once. It may run more than once, as in
 * `Truth.transaction`, and has no effect outside it.
 *
 * @throws HoldfastError VERSION_CONFLICT - the row has another version now; what it is, is read again
 * @throws HoldfastError - of `refusalTable`: an answer to the sender
 */
export type Change<Value> = (context: ChangeContext<Value>) => Promise<Effect>;

export interface Effect {
  /** It was so already, and nothing was written. */
  readonly isUnchanged?: boolean;
  /** Gateways that have to enforce something else now, and why. */
  readonly triggers?: {
    readonly gateways: readonly string[];
    readonly reason: string;
    readonly vpnConnectionId?: number;
  };
  /** Of what else it changed. */
  readonly tags?: readonly string[];
  /** Told to the sender once, kept nowhere. */
  readonly once?: JsonObject;
  /** Set by a deletion: the row is gone, or says that it is deleted. */
  readonly isDeletion?: boolean;
}

export interface Created<Value> extends Effect {
  readonly id: string;
  /** What was there before, of a resource that is new to the sender only: one that is claimed. */
  readonly taken?: Stored<Value>;
}
