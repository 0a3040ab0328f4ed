/**
 * What of a record is changed together, and how a change of it is told to the server. A connection has two parts: what is typed
 * in its form, and its state, which is changed by actions. Each has a queue, a draft and a conflict of its own, on the one
 * version that the record has.
 */
import type { JsonObject, RecordSchema, Validate } from '@holdfast/optimistic-client';

export interface RecordPart {
  /** Names its drafts: `vpn_connection`, `vpn_connection/state`. */
  readonly name: string;
  /** Of the record, as the server's conflicts and events name it. */
  readonly kind: string;
  /**
   * `form`: what is typed is kept until it is saved, and a refusal gives it back. `action`: a click is the whole intent; where others
   * changed something else meanwhile it goes through without a question, and a refusal takes it back.
   */
  readonly mode: 'form' | 'action';
  readonly schema: RecordSchema;
  /** Counted up when drafts of before cannot be used any more. */
  readonly schemaV: number;
  readonly validate?: Validate;
  /** The request that makes this change. The same patch gives the same request: its repetition has to be the same to the letter. */
  write(id: string, patch: JsonObject): Write;
  /** Whether this change is answered with something that is told once. */
  tellsOnce?(patch: JsonObject): boolean;
  /** The request that makes a deleted record anew; absent where its user may not. */
  create?(value: JsonObject): Write;
}

/** A mutation without its version and id. */
export interface Write {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly input: JsonObject;
}
