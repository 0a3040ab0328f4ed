/**
 * A mutation in its transaction, in this order:
 *
 *   resource → permission → receipt → version → the change, guarded by the version → read back → log → receipt → tags →
 *   triggers
 *
 * Permission goes before the receipt, so that nobody is told again what they may not see any more, and before the version.
 * Rows that many wait for, tags and trigger counters, go last and in sorted order. A refusal that is found before anything
 * was written is returned; one that is found later is thrown, and with it goes what was written.
 *
 * Where two transactions run side by side, the second of two duplicates either finds the receipt, or is stopped by the row
 * or the receipt of the first, and is run again from its start: then it finds it.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { overtaken, type TruthTransaction } from '@holdfast/truth-db';
import { conflictOf, deletionOf } from './answer/conflict.ts';
import type { MutationOutcome } from './answer/outcome.ts';
import { type Replaying, replayOf } from './answer/replay.ts';
import type { ResourceKind, Stored } from './kind/resource-kind.ts';
import { viewOf } from './kind/view.ts';
import { readDeletion } from './log/change-log.ts';
import type { ChangeContext, Creation, Effect, Mutation } from './mutation.ts';
import { findReceipt } from './receipt/receipts.ts';
import { type After, type Checked, type Committed, receiptKey, recordMutation } from './record-mutation.ts';
import type { Actor } from './request/actor.ts';

export async function commitChange<Value extends object, Viewer>(
  trx: TruthTransaction,
  mutation: Mutation<Value, Viewer>,
  checked: Checked & { readonly version: number },
): Promise<Committed> {
  const { kind, id, actor, operation, precondition = 'version' } = mutation;
  const { viewer } = actor;
  const stored = await kind.read(trx, id);
  const isThere = stored !== undefined && stored.isDeleted !== true;
  const deletion = isThere ? undefined : await readDeletion(trx, { kind: kind.name, id });
  const value = stored?.value ?? (deletion?.previous as Value | undefined);
  if (value === undefined || kind.project(value, viewer) === undefined) return refused({ kind: 'not-found' });
  if (!kind.mayMutate(viewer, operation, value)) return refused({ kind: 'forbidden' });
  const replay = await replayed(trx, { kind, actor, checked, current: stored });
  if (replay !== undefined) return refused(replay);
  const sentVersion = checked.version;
  if (stored === undefined || (stored.isDeleted === true && stored.version !== sentVersion)) {
    return refused({
      kind: 'deleted',
      deletion: deletionOf({ kind, id, viewer, sentVersion }, value, deletion),
    });
  }
  if (stored.version !== sentVersion) {
    const conflict = await conflictOf(trx, { kind, id, viewer, sentVersion }, stored);
    return refused({ kind: 'version-conflict', precondition, conflict });
  }
  const effect = await changeOrOvertaken(mutation, { trx, at: checked.at, id, stored });
  const after =
    effect.isUnchanged === true
      ? { ...stored, view: viewOf(kind, value, viewer) }
      : await readBack(trx, { kind, id, stored, effect, viewer });
  const recording = { kind, id, actor, operation, checked, status: 200, effect, before: stored, after };
  return recordMutation(trx, recording);
}

export async function commitCreation<Value extends object, Viewer>(
  trx: TruthTransaction,
  { kind, actor, operation, create }: Creation<Value, Viewer>,
  checked: Checked,
): Promise<Committed> {
  if (!kind.mayMutate(actor.viewer, operation, undefined)) return refused({ kind: 'forbidden' });
  const replay = await replayed(trx, { kind, actor, checked, current: undefined });
  if (replay !== undefined) return refused(replay);
  const effect = await create({ trx, at: checked.at });
  const { id, taken: before } = effect;
  const created = await kind.read(trx, id);
  if (created === undefined) throw broken(kind.name, id, 'is not there after it was made');
  const after = { ...created, view: viewOf(kind, created.value, actor.viewer) };
  const status = before === undefined ? 201 : 200;
  return recordMutation(trx, { kind, id, actor, operation, checked, status, effect, before, after });
}

async function changeOrOvertaken<Value extends object, Viewer>(
  { change }: Mutation<Value, Viewer>,
  context: ChangeContext<Value>,
): Promise<Effect> {
  try {
    return await change(context);
  } catch (error) {
    if (!isHoldfastError(error, 'VERSION_CONFLICT')) throw error;
    // Somebody has committed since it was read. The next run reads what, and finds the receipt if it was a duplicate.
    throw overtaken(context.id);
  }
}

async function readBack<Value extends object, Viewer>(
  trx: TruthTransaction,
  {
    kind,
    id,
    stored,
    effect,
    viewer,
  }: {
    readonly kind: ResourceKind<Value, Viewer>;
    readonly id: string;
    readonly stored: Stored<Value>;
    readonly effect: Effect;
    readonly viewer: Viewer;
  },
): Promise<After<Value>> {
  const after = await kind.read(trx, id);
  const version = stored.version + 1;
  if (after === undefined && effect.isDeletion === true) return { version, view: undefined };
  if (after === undefined) throw broken(kind.name, id, 'is gone after a change that deletes nothing');
  if (after.version !== version) throw broken(kind.name, id, 'has not been counted once by its change');
  return { ...after, view: viewOf(kind, after.value, viewer) };
}

/** The answer of a mutation that is committed already; undefined when this one is new. */
async function replayed<Value extends object, Viewer>(
  trx: TruthTransaction,
  {
    kind,
    actor,
    checked,
    current,
  }: Omit<Replaying<Value, Viewer>, 'receipt' | 'viewer'> & {
    readonly actor: Actor<Viewer>;
    readonly checked: Checked;
  },
): Promise<MutationOutcome | undefined> {
  const receipt = await findReceipt(trx, receiptKey(actor, checked.mutationId));
  if (receipt === undefined) return undefined;
  if (receipt.fingerprint !== checked.fingerprint) return { kind: 'mutation-id-reused' };
  const there = current ?? (await kind.read(trx, receipt.id));
  return replayOf({ kind, viewer: actor.viewer, receipt, current: there });
}

function refused(outcome: MutationOutcome): Committed {
  return { outcome };
}

function broken(kind: string, id: string, what: string): HoldfastError {
  return new HoldfastError('INTERNAL', `${kind} ${id} ${what}`, { details: { kind, id } });
}
