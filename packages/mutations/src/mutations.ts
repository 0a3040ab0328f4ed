/**
 * The one way a mutation is made: checked, queued behind the others of its resource, committed with its receipt, its line in
 * the log, its tags and its triggers, or refused without a trace. However often a request is sent, and whatever dies in
 * between, what it asks for happens once.
 */
import { type Clock, isHoldfastError, type Log, silentLog, systemClock } from '@holdfast/base';
import type { Truth, TruthTransaction } from '@holdfast/truth-db';
import type { MutationOutcome } from './answer/outcome.ts';
import { refusalFor } from './answer/refusal-table.ts';
import { commitChange, commitCreation } from './commit-mutation.ts';
import { resourceKey } from './kind/resource-kind.ts';
import type { Creation, Mutation } from './mutation.ts';
import type { Committed, CommittedChange } from './record-mutation.ts';
import { NotJson } from './request/canonical-json.ts';
import { fingerprintOf, type Intent } from './request/fingerprint.ts';
import { isMutationId } from './request/mutation-id.ts';
import { isVersion } from './request/version.ts';
import { ResourceMutex, type ResourceMutexOptions } from './resource-mutex.ts';

export interface MutationsOptions {
  readonly truth: Truth;
  readonly mutex?: ResourceMutexOptions;
  /** Hears of every change after its commit, to tell other clients of this process. What it throws is logged only. */
  readonly onCommit?: (change: CommittedChange) => void;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** When a client that found no room may come again. */
const retryAfterMs = 1_000;
/** An id that a lock, a column and an entity tag can hold. */
const idForm = /^[\x21-\x7e]{1,64}$/;

export class Mutations {
  readonly #options: MutationsOptions;
  readonly #mutex: ResourceMutex;
  readonly #clock: Clock;

  constructor(options: MutationsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#mutex = new ResourceMutex({ clock: this.#clock, ...options.mutex });
  }

  /**
   * Changes a resource that is there.
   *
   * @throws HoldfastError DATABASE_OUTCOME_UNKNOWN, DATABASE_UNREACHABLE - the client may send the same id again
   * @throws whatever else `change` throws that is no answer to the sender; nothing was written
   */
  async change<Value extends object, Viewer>(mutation: Mutation<Value, Viewer>): Promise<MutationOutcome> {
    const { clientMutationId, version, id, kind, alsoLocks = [] } = mutation;
    if (!isMutationId(clientMutationId)) return { kind: 'mutation-id-missing' };
    if (version === undefined || version === null) return { kind: 'version-missing' };
    if (!isVersion(version))
      return { kind: 'invalid', issues: [{ path: '/version', code: 'not-a-version' }] };
    if (!idForm.test(id)) return { kind: 'not-found' };
    const fingerprint = fingerprintFor({ ...mutation, kind: kind.name, version });
    if (fingerprint === undefined) return notJson;
    const keys = [resourceKey(kind.name, id), ...alsoLocks];
    return this.#commit(keys, (trx) =>
      commitChange(trx, mutation, {
        mutationId: clientMutationId,
        version,
        fingerprint,
        at: this.#clock.wallMs(),
      }),
    );
  }

  /**
   * Makes a new resource.
   *
   * @throws as `change`
   */
  async create<Value extends object, Viewer>(creation: Creation<Value, Viewer>): Promise<MutationOutcome> {
    const { clientMutationId, kind, alsoLocks = [] } = creation;
    if (!isMutationId(clientMutationId)) return { kind: 'mutation-id-missing' };
    const intent = {
      operation: creation.operation,
      input: creation.input,
      id: undefined,
      version: undefined,
    };
    const fingerprint = fingerprintFor({ ...intent, kind: kind.name });
    if (fingerprint === undefined) return notJson;
    return this.#commit(alsoLocks, (trx) =>
      commitCreation(trx, creation, { mutationId: clientMutationId, fingerprint, at: this.#clock.wallMs() }),
    );
  }

  async #commit(
    keys: readonly string[],
    commit: (trx: TruthTransaction) => Promise<Committed>,
  ): Promise<MutationOutcome> {
    try {
      const turn = await this.#mutex.run(keys, () => this.#decided(commit));
      if (turn.kind === 'busy') return { kind: 'busy', retryAfterMs };
      const { outcome, change } = turn.result;
      if (change !== undefined) this.#tell(change);
      return outcome;
    } catch (error) {
      if (isHoldfastError(error, 'DATABASE_BUSY')) return { kind: 'busy', retryAfterMs };
      const refusal = refusalFor(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  /**
   * Where transactions run side by side, a duplicate can be refused by what its twin has just committed: the name is taken,
   * the connection is claimed. So a refusal that was met while writing is decided once more, and then finds the receipt.
   */
  async #decided(commit: (trx: TruthTransaction) => Promise<Committed>): Promise<Committed> {
    const { truth } = this.#options;
    try {
      return await truth.transaction(commit);
    } catch (error) {
      if (truth.dialect.engine === 'sqlite' || refusalFor(error) === undefined) throw error;
      return truth.transaction(commit);
    }
  }

  #tell(change: CommittedChange): void {
    const { onCommit, log = silentLog } = this.#options;
    try {
      onCommit?.(change);
    } catch (error) {
      log.warn({ err: error, kind: change.kind }, 'a listener to changes failed');
    }
  }
}

const notJson: MutationOutcome = { kind: 'invalid', issues: [{ path: '', code: 'not-json' }] };

function fingerprintFor(intent: Intent): string | undefined {
  try {
    return fingerprintOf(intent);
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}
