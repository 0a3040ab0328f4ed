/**
 * What a user typed, so that it outlives a reload or a crash. The `clientMutationId` is in it before the request is sent: after a
 * reload the same id asks the server whether the save landed.
 */

import type { RecordSchema } from '../merge/record-schema.ts';
import type { Choices } from '../merge/resolve.ts';
import { secretsOf, withoutSecrets } from '../merge/secret.ts';
import { asObject, type JsonObject } from '../record/json.ts';
import type { RecordKey } from '../record/snapshot.ts';

/** `sending`: the request may have landed. `conflict`: the user has to decide. */
export type DraftState = 'editing' | 'sending' | 'conflict';

export interface Draft extends RecordKey {
  /** Of the schema it was written under. */
  readonly schemaV: number;
  readonly profile: string;
  readonly user: string;
  /** Two tabs that edit one record have a draft each. */
  readonly tabId: string;
  /** The version that `base` has, and that the patch is based on. */
  readonly baseVersion: number;
  readonly base: JsonObject;
  readonly patch: JsonObject;
  /** Every field that was edited: those that are not in `patch` were secrets, and have to be typed again. */
  readonly touched: readonly string[];
  /** Of the request that was sent last, or is about to be. */
  readonly clientMutationId?: string;
  readonly state: DraftState;
  /** What was typed after the request was made, and is not in it. */
  readonly later?: JsonObject;
  /** The request makes a new record of what is here: the old one was deleted. */
  readonly isCreation?: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly savedAt: number;
  /** What the user has decided in an open conflict, without values of secrets. */
  readonly choices?: Choices;
  /** Set when the user discarded it; it can be had back for ten minutes. */
  readonly discardedAt?: number;
}

/** Whose drafts. */
export interface DraftOwner {
  readonly profile: string;
  readonly user: string;
}

/** How long a draft is kept, in milliseconds. */
export const draftLifeMs = 7 * 24 * 3_600_000;
/** How long a discarded one can be had back. */
export const undoDiscardMs = 10 * 60_000;

/** Which draft. */
export type DraftName = DraftOwner & RecordKey & Pick<Draft, 'tabId'>;

/** The name of a draft in its storage. No part of it can be taken for another. */
export function draftKey({ profile, user, kind, id, tabId }: DraftName): string {
  return JSON.stringify([profile, user, kind, id, tabId]);
}

/** The name of one that was discarded: beside what the user types next. */
export function discardedKey({ profile, user, kind, id, tabId }: DraftName): string {
  return JSON.stringify([profile, user, kind, id, tabId, 'discarded']);
}

/** As it may be kept on disk. */
export function withoutDraftSecrets(schema: RecordSchema, draft: Draft): Draft {
  const { choices, later, ...rest } = draft;
  const secrets = new Set(secretsOf(schema));
  const isKept = ([name]: readonly [string, unknown]) => !holdsSecret(schema, secrets, name);
  return {
    ...rest,
    base: withoutSecrets(schema, draft.base),
    patch: withoutSecrets(schema, draft.patch),
    ...(later !== undefined && { later: withoutSecrets(schema, later) }),
    ...(choices !== undefined && { choices: Object.fromEntries(Object.entries(choices).filter(isKept)) }),
  };
}

/** Whether a secret was typed that the draft has not kept. The request that had it cannot be repeated. */
export function lacksSecret(schema: RecordSchema, { touched, patch }: Draft): boolean {
  return secretsOf(schema).some((name) => touched.includes(name) && !Object.hasOwn(patch, name));
}

/** Whether it has to go: too old, or discarded long ago. A clock that was set back makes no draft old. */
export function isExpired({ savedAt, discardedAt }: Draft, nowMs: number): boolean {
  if (nowMs - savedAt > draftLifeMs) return true;
  return discardedAt !== undefined && nowMs - discardedAt > undoDiscardMs;
}

/** What was read from a storage as a draft; undefined for what is none. */
export function asDraft(stored: unknown): Draft | undefined {
  const draft = asObject(stored);
  if (draft === undefined) return undefined;
  const texts = ['profile', 'user', 'kind', 'id', 'tabId', 'state'] as const;
  const numbers = ['schemaV', 'baseVersion', 'savedAt'] as const;
  const isDraft =
    texts.every((name) => typeof draft[name] === 'string') &&
    numbers.every((name) => Number.isFinite(draft[name])) &&
    asObject(draft.base) !== undefined &&
    asObject(draft.patch) !== undefined &&
    Array.isArray(draft.touched);
  return isDraft ? (draft as unknown as Draft) : undefined;
}

/** A row of a conflict is called after its field or its group. */
function holdsSecret({ groups = {} }: RecordSchema, secrets: ReadonlySet<string>, row: string): boolean {
  return (
    secrets.has(row) || (Object.hasOwn(groups, row) && (groups[row] ?? []).some((name) => secrets.has(name)))
  );
}
