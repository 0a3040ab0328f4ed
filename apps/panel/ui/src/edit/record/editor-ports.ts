/** What an editor needs from outside. Everything here can be had in a browser and in a test without one. */
import type {
  Answer,
  DraftOwner,
  DraftStore,
  JsonObject,
  RecordKey,
  Snapshot,
  TabPresence,
} from '@holdfast/optimistic-client';
import type { Write } from './record-part.ts';

/** The newest value, read without any cache; `gone` when there is none, or none to see. */
export type Reading =
  | { readonly kind: 'read'; readonly snapshot: Snapshot }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly answer: Answer };

export interface Delivery {
  readonly answer: Answer;
  /** What is told this one time: a claim token, a RADIUS secret. */
  readonly once?: JsonObject;
}

export interface SentWrite extends Write {
  readonly clientMutationId: string;
  /** Absent when something is made. */
  readonly version?: number;
}

export interface EditorPorts {
  readonly owner: DraftOwner;
  readonly tabId: string;
  readonly drafts: DraftStore;
  readonly presence: TabPresence;
  read(record: RecordKey): Promise<Reading>;
  /** One try; never rejects. */
  send(write: SentWrite): Promise<Delivery>;
  /** In place; false when nobody came back, or somebody else did. */
  signIn(): Promise<boolean>;
  /** An own change was committed: other tabs and lists want to know. */
  committed(record: RecordKey, version: number): void;
  nowMs(): number;
  /** Runs `task` once, after `ms`; the result cancels it. */
  after(ms: number, task: () => void): () => void;
  newId(): string;
  /** In [0, 1). */
  random(): number;
}
