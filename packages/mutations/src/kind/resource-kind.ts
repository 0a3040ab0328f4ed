/**
 * What the package has to know of a kind of resource: how its rows are read and written, which fields it has, and who may
 * see and change them. Everything else is the same for all kinds.
 */
import type { Truth, TruthTransaction } from '@holdfast/truth-db';
import type { Json } from '../request/json.ts';
import type { Issue } from './issue.ts';

/** A row as one transaction sees it. */
export interface Stored<Value> {
  readonly version: number;
  readonly value: Value;
  /** Of a row that stays when its resource is deleted. */
  readonly isDeleted?: boolean;
}

export interface Field {
  /** Makes it editable: the code of what is wrong with a value, undefined when it may be stored. */
  readonly check?: (value: Json) => string | undefined;
  /** That it changed is told, what it is never. */
  readonly isSecret?: boolean;
  /** Follows from something else: it counts no version and is not logged. */
  readonly isDerived?: boolean;
}

export interface ResourceKind<Value extends object, Viewer> {
  /** `task`: in keys of locks, tags, entity tags. Letters, digits and `_`, at most 32. */
  readonly name: string;
  readonly fields: Readonly<Record<keyof Value & string, Field>>;
  /** The newest committed row, or what this transaction made of it; undefined too for an id that is none. */
  read(db: Truth['db'], id: string): Promise<Stored<Value> | undefined>;
  /**
   * Writes `patch` and counts the version, in one statement that finds the row only at `version`.
   *
   * @returns whether it was found
   */
  update(trx: TruthTransaction, id: string, version: number, patch: Partial<Value>): Promise<boolean>;
  /** Deletes the row, found only at `version`. Absent where nobody may. */
  remove?(trx: TruthTransaction, id: string, version: number): Promise<boolean>;
  /** What this viewer may know of it, the same for reads and conflicts; undefined when not even that it exists. */
  project(value: Value, viewer: Viewer): Partial<Value> | undefined;
  /** Whether this viewer may do this to it. `value` is undefined for one that is to be made. */
  mayMutate(viewer: Viewer, operation: string, value: Value | undefined): boolean;
  /** What is wrong with a value as a whole, after an edit. */
  check?(value: Value): readonly Issue[];
  /** Tags of what is cached of it beside its own and that of its kind: `customer:5:connections`. */
  tags?(value: Value): readonly string[];
}

/** The key of its mutex and its own tag. */
export function resourceKey(kind: string, id: string): string {
  return `${kind}:${id}`;
}
