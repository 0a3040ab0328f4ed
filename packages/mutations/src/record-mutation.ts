/**
 * Everything that a mutation writes beside its resource, in the order in which many wait for it: its line in the log, its
 * receipt, its tags, its triggers.
 */
import { type TruthTransaction, tellGateways } from '@holdfast/truth-db';
import type { MutationOutcome } from './answer/outcome.ts';
import { changedFields, ownFields } from './kind/differences.ts';
import { type ResourceKind, resourceKey, type Stored } from './kind/resource-kind.ts';
import { isSecret } from './kind/view.ts';
import { type LoggedChange, logChange } from './log/change-log.ts';
import type { Effect } from './mutation.ts';
import { addReceipt, type ReceiptKey } from './receipt/receipts.ts';
import type { Actor } from './request/actor.ts';
import { etagOf } from './request/etag.ts';
import type { JsonObject } from './request/json.ts';
import { bumpTags } from './tag/generations.ts';

/** What was checked of a request before its transaction. */
export interface Checked {
  readonly mutationId: string;
  readonly fingerprint: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Told to whoever listens, after the commit. */
export interface CommittedChange {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly tags: readonly string[];
}

export interface Committed {
  readonly outcome: MutationOutcome;
  /** Absent when nothing was changed. */
  readonly change?: CommittedChange;
}

/** What is there after a change; `value` is absent when the row is gone. */
export interface After<Value> {
  readonly version: number;
  readonly value?: Value;
  readonly view: JsonObject | undefined;
}

export interface Recording<Value extends object, Viewer> {
  readonly kind: ResourceKind<Value, Viewer>;
  readonly id: string;
  readonly actor: Actor<Viewer>;
  readonly operation: string;
  readonly checked: Checked;
  readonly status: number;
  readonly effect: Effect;
  readonly before: Stored<Value> | undefined;
  readonly after: After<Value>;
}

/** Everything that is written beside the resource. */
export async function recordMutation<Value extends object, Viewer>(
  trx: TruthTransaction,
  recording: Recording<Value, Viewer>,
): Promise<Committed> {
  const { kind, id, actor, checked, status, effect, before, after } = recording;
  const { mutationId, fingerprint, at } = checked;
  const { version, view } = after;
  const isUnchanged = effect.isUnchanged === true;
  if (!isUnchanged) await logChange(trx, { kind: kind.name, id }, logged(recording));
  const receipt = { fingerprint, status, kind: kind.name, id, version, response: view };
  await addReceipt(trx, receiptKey(actor, mutationId), receipt, at);
  const resource = { kind: kind.name, id, version };
  const success = { resource, etag: etagOf(resource), status, value: view };
  if (isUnchanged) return { outcome: { kind: 'unchanged', ...success } };
  const tags = tagsOf(kind, id, [before?.value, after.value], effect);
  await bumpTags(trx, tags);
  if (effect.triggers !== undefined) {
    const { gateways, ...trigger } = effect.triggers;
    await tellGateways(trx, gateways, { ...trigger, at });
  }
  const once = effect.once === undefined ? {} : { once: effect.once };
  return { outcome: { kind: 'applied', ...success, ...once }, change: { ...resource, tags } };
}

function logged<Value extends object, Viewer>({
  kind,
  actor,
  operation,
  checked,
  effect,
  before,
  after,
}: Recording<Value, Viewer>): LoggedChange {
  const isDeletion = effect.isDeletion === true;
  const isGone = after.value === undefined;
  const own = ownFields(kind.fields);
  const fields =
    before === undefined || after.value === undefined ? own : changedFields(kind, before.value, after.value);
  // Of what is gone, what follows from something else is gone too.
  const names = isGone ? (Object.keys(kind.fields) as (keyof Value & string)[]) : fields;
  return {
    version: after.version,
    operation,
    isDeletion,
    by: { id: actor.principal, name: actor.name },
    at: checked.at,
    fields,
    previous: before === undefined ? {} : previousOf(kind, names, before.value),
  };
}

function previousOf<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  names: readonly (keyof Value & string)[],
  before: Value,
): JsonObject {
  const told = names.filter((name) => !isSecret(kind, name)).map((name) => [name, before[name]]);
  return Object.fromEntries(told) as JsonObject;
}

function tagsOf<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  id: string,
  values: readonly (Value | undefined)[],
  { tags = [] }: Effect,
): readonly string[] {
  const ofValues = values.flatMap((value) => (value === undefined ? [] : (kind.tags?.(value) ?? [])));
  return [...new Set([resourceKey(kind.name, id), kind.name, ...ofValues, ...tags])];
}

export function receiptKey({ profile, principal }: Actor<unknown>, mutationId: string): ReceiptKey {
  return { profile, principal, mutationId };
}
