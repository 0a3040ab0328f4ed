/**
 * What a document's value has to look like, and how one of an earlier version becomes one of today's. The version stands
 * in the header: a document says itself how old it is. Older ones are migrated in memory when they are read and written
 * in the new form by the next update; newer ones are refused, since what this program does not know it would lose.
 */
import { HoldfastError } from '@holdfast/base';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { forget, isPromise } from './is-promise.ts';
import { StateValidator } from './state-validator.ts';

/** Takes the value of a document from one version to the next; synchronous, and may change what it gets. */
export type Migration = (value: unknown) => unknown;

/** A value as it was found, and the version that wrote it. */
export interface VersionedValue {
  readonly value: unknown;
  readonly version: number;
}

export class DocumentSchema<Value> {
  readonly #validator: StateValidator<Value>;
  readonly #migrations: readonly Migration[];

  /** @param migrations - the first takes version 1 to 2, the next 2 to 3, and so on */
  constructor(validator: StandardSchemaV1<unknown, Value>, migrations: readonly Migration[]) {
    this.#validator = new StateValidator(validator);
    this.#migrations = migrations;
  }

  /** Of the documents that are written now. */
  get version(): number {
    return this.#migrations.length + 1;
  }

  /**
   * @throws HoldfastError DOCUMENT_NEWER - a later version wrote it
   * @throws HoldfastError DOCUMENT_INVALID - a migration threw, or the schema refuses its result
   */
  accept(found: VersionedValue, path: string): Value {
    if (found.version > this.version) throw newer(path, found.version, this.version);
    return this.#validator.validate(this.#migrate(found, path), path);
  }

  #migrate({ value, version }: VersionedValue, path: string): unknown {
    return this.#migrations.slice(version - 1).reduce((old, migrate, index) => {
      const from = version + index;
      try {
        return settled(migrate(old));
      } catch (cause) {
        throw notMigrated(path, from, cause);
      }
    }, value);
  }
}

/** A migration that waits would let the world change between reading and deciding. */
function settled(value: unknown): unknown {
  if (!isPromise(value)) return value;
  forget(value);
  throw new TypeError('the migration is asynchronous');
}

function newer(path: string, found: number, known: number): HoldfastError {
  return new HoldfastError(
    'DOCUMENT_NEWER',
    `${path} is of version ${found}, this program knows up to ${known}`,
    {
      details: { path, found, known },
    },
  );
}

function notMigrated(path: string, from: number, cause: unknown): HoldfastError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot be taken from version ${from} to ${from + 1}: ${reason}`;
  return new HoldfastError('DOCUMENT_INVALID', `${path} ${message}`, {
    cause,
    details: { path, from, issues: [{ path: '', message }] },
  });
}
