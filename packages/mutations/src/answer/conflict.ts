/**
 * What a client is told about a conflict: the resource as it is, who changed which field since the version that was sent,
 * and what it was then. Read in the transaction that refuses, never from a cache, and through the same projection as a
 * read: a field that the reader may not see is in none of it.
 */
import { randomUUID } from 'node:crypto';
import type { TruthTransaction } from '@holdfast/truth-db';
import { pointerTo } from '../kind/issue.ts';
import type { ResourceKind, Stored } from '../kind/resource-kind.ts';
import { isSecret, markSecrets, viewOf } from '../kind/view.ts';
import { type LoggedChange, readChanges } from '../log/change-log.ts';
import { etagOf } from '../request/etag.ts';
import type { JsonObject } from '../request/json.ts';
import type { Conflict, Deletion, FieldChange } from './outcome.ts';

export interface Refused<Value extends object, Viewer> {
  readonly kind: ResourceKind<Value, Viewer>;
  readonly id: string;
  readonly viewer: Viewer;
  readonly sentVersion: number;
}

export async function conflictOf<Value extends object, Viewer>(
  trx: TruthTransaction,
  { kind, id, viewer, sentVersion }: Refused<Value, Viewer>,
  current: Stored<Value>,
): Promise<Conflict> {
  const changes = await changesSince(trx, { kind: kind.name, id }, sentVersion, current.version);
  const view = viewOf(kind, current.value, viewer) ?? {};
  const changed = new Set(changes?.flatMap(({ fields }) => fields));
  const base = changes === undefined ? undefined : baseView(kind, current.value, changes, viewer);
  return {
    resource: { kind: kind.name, id },
    sent: { version: sentVersion },
    current: {
      version: current.version,
      etag: etagOf({ kind: kind.name, id, version: current.version }),
      value: changes === undefined ? view : markSecrets(kind, view, changed),
    },
    changed: changes?.flatMap((change) => visible(change, view)) ?? null,
    ...(base !== undefined && { base: { version: sentVersion, value: base } }),
    conflictId: randomUUID(),
  };
}

/** @param last - the deletion, as the log has it; undefined where a row says that it is deleted */
export function deletionOf<Value extends object, Viewer>(
  {
    kind,
    id,
    viewer,
    sentVersion,
  }: Omit<Refused<Value, Viewer>, 'sentVersion'> & {
    readonly sentVersion: number | undefined;
  },
  value: Value,
  last: LoggedChange | undefined,
): Deletion {
  const view = viewOf(kind, value, viewer);
  return {
    resource: { kind: kind.name, id },
    sent: { version: sentVersion ?? null },
    ...(last !== undefined && {
      deleted: { version: last.version, by: last.by, at: new Date(last.at).toISOString() },
    }),
    ...(view !== undefined && { last: view }),
    conflictId: randomUUID(),
  };
}

/** Every change between the two; undefined when one is missing, or `from` was never given out. */
async function changesSince(
  trx: TruthTransaction,
  resource: { readonly kind: string; readonly id: string },
  from: number,
  to: number,
): Promise<readonly LoggedChange[] | undefined> {
  if (from > to) return undefined;
  const changes = await readChanges(trx, resource, { from, to });
  return changes.length === to - from ? changes : undefined;
}

function visible({ fields, version, by, at }: LoggedChange, view: JsonObject): readonly FieldChange[] {
  return fields
    .filter((field) => Object.hasOwn(view, field))
    .map((field) => ({ path: pointerTo(field), version, by, at: new Date(at).toISOString() }));
}

/** The value before `changes`, newest first taken back; undefined when the log has not kept one of them. */
function baseView<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  current: Value,
  changes: readonly LoggedChange[],
  viewer: Viewer,
): JsonObject | undefined {
  let base: Value = current;
  for (const { previous } of changes.toReversed()) {
    if (previous === undefined) return undefined;
    base = { ...base, ...previous };
  }
  const view = viewOf(kind, base, viewer);
  if (view === undefined) return undefined;
  const isKnown = (name: string) =>
    isSecret(kind, name) || kind.fields[name as keyof Value & string].isDerived !== true;
  return Object.fromEntries(Object.entries(view).filter(([name]) => isKnown(name)));
}
