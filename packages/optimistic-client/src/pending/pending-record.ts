/**
 * The patches of one record that the server does not have yet, on top of the newest value it told. What is shown is composed per
 * field, so taking one patch back leaves the others, and whatever the server told meanwhile, as they are; a snapshot of the whole
 * record could not.
 *
 * One mutation of a record is in flight at a time. Each patch is based on the version that its user saw. Only an own save
 * carries the patches behind it on to the version it made; news of others do not, or the server could not refuse.
 */
import type { Written } from '../answer/answer.ts';
import { type JsonObject, withPatch } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';
import { ownSave } from './own-save.ts';

export interface PendingPatch {
  /** Of the request, the same for each repetition of it. */
  readonly clientMutationId: string;
  readonly patch: JsonObject;
  /** What the user saw when they began to edit; frozen. */
  readonly base: Snapshot;
}

export interface PendingRecord {
  /** The newest value that the server told. */
  readonly server: Snapshot;
  /** In the order in which they are sent. */
  readonly patches: readonly PendingPatch[];
  /** Whether the first patch is on its way. */
  readonly isSending: boolean;
  /** Set by a conflict: nothing is sent until it is resolved, or an old version would be sent for ever. */
  readonly isHalted: boolean;
}

/** What goes to the server. */
export interface MutationRequest {
  readonly clientMutationId: string;
  readonly version: number;
  readonly patch: JsonObject;
}

/** A record with nothing pending. */
export function pendingRecord(server: Snapshot): PendingRecord {
  return { server, patches: [], isSending: false, isHalted: false };
}

/** What the user sees: every pending patch over the newest value. */
export function optimisticValue({ server, patches }: PendingRecord): JsonObject {
  return patches.reduce((value, { patch }) => withPatch(value, patch), server.value);
}

/** With one more patch at the end. An id that is there already is the same intent, and changes nothing. */
export function addPatch(record: PendingRecord, patch: PendingPatch): PendingRecord {
  if (record.patches.some(({ clientMutationId }) => clientMutationId === patch.clientMutationId))
    return record;
  return { ...record, patches: [...record.patches, patch] };
}

/** The next request, marked as sent; undefined while one is in flight, while a conflict is open, and when there is none. */
export function nextRequest(
  record: PendingRecord,
): { readonly record: PendingRecord; readonly request: MutationRequest } | undefined {
  const [first] = record.patches;
  if (first === undefined || record.isSending || record.isHalted) return undefined;
  const { clientMutationId, patch, base } = first;
  return {
    record: { ...record, isSending: true },
    request: { clientMutationId, version: base.version, patch },
  };
}

/** The answer to the request in flight was that it should be sent again: same id, same version, same patch. */
export function sendAgain(record: PendingRecord): PendingRecord {
  return { ...record, isSending: false };
}

/** The server has this patch. Those behind it that were based on the same version go on from the one it made. */
export function settlePatch(
  record: PendingRecord,
  clientMutationId: string,
  written: Written & { readonly from?: 'stored' | 'current' },
): PendingRecord {
  const settled = record.patches.find((patch) => patch.clientMutationId === clientMutationId);
  if (settled === undefined) return record;
  const made = ownSave(settled, written);
  const patches = record.patches.filter((patch) => patch !== settled);
  const told = { version: written.version, value: written.value ?? made.value };
  const carried = carryOn({ ...record, patches, isSending: false }, settled.base.version, made);
  return withServer(carried, told);
}

/**
 * An own save of the same record, made elsewhere, took it from version `from` to `made`: what was based on the one goes on from the
 * other. Nothing that is on its way is touched, or its repetition would be another request.
 */
export function carryOn(record: PendingRecord, from: number, made: Snapshot): PendingRecord {
  const [first] = record.patches;
  const patches = record.patches.map((patch) =>
    patch.base.version === from && !(record.isSending && patch === first) ? { ...patch, base: made } : patch,
  );
  return withServer({ ...record, patches }, made);
}

/** Without this patch; what others changed of the same fields stays. */
export function rollBackPatch(record: PendingRecord, clientMutationId: string): PendingRecord {
  const [first] = record.patches;
  return {
    ...record,
    patches: record.patches.filter((patch) => patch.clientMutationId !== clientMutationId),
    isSending: record.isSending && first?.clientMutationId !== clientMutationId,
  };
}

/** A newer value, from whatever was read or told. It never moves the base of a patch; an older one is not news. */
export function withServer(record: PendingRecord, server: Snapshot): PendingRecord {
  return server.version > record.server.version ? { ...record, server } : record;
}

/** Everything that is pending, as one change for a merge; the record sends nothing until it is released. */
export function haltForConflict(record: PendingRecord): {
  readonly record: PendingRecord;
  /** Undefined when nothing is pending. */
  readonly base: Snapshot | undefined;
  readonly patch: JsonObject;
} {
  const oldest = record.patches
    .map(({ base }) => base)
    .toSorted((one, other) => one.version - other.version)[0];
  const patch = record.patches.reduce<JsonObject>((all, next) => withPatch(all, next.patch), {});
  return { record: { ...record, isSending: false, isHalted: true }, base: oldest, patch };
}

/** The conflict is resolved or given up: nothing is pending any more, `server` is what there is. */
export function releaseConflict(record: PendingRecord, server: Snapshot): PendingRecord {
  return { ...withServer(record, server), patches: [], isSending: false, isHalted: false };
}

/** Whether it may be read again after an own commit: not while a patch is pending, whose answer tells more. */
export function mayInvalidate({ patches }: PendingRecord): boolean {
  return patches.length === 0;
}
