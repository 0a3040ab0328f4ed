/**
 * The generation that follows: what the caller's change makes of the value, in the form that goes to disk. The form is
 * parsed and validated again before anything is written, so what is published is what a reader will accept, also with
 * schemas that transform (a Date goes out as text and comes back as a Date).
 */
import { HoldfastError } from '@holdfast/base';
import { encodeDocument } from './document-format.ts';
import type { DocumentSchema } from './document-schema.ts';
import { forget, isPromise } from './is-promise.ts';
import type { FoundDocument } from './look-up.ts';

/** Half of the longest text that Node can hold: what one runtime writes, the other must be able to read. */
const longestJson = 2 ** 28;

interface PresentDocument<Value> {
  readonly path: string;
  readonly found: FoundDocument;
  readonly schema: DocumentSchema<Value>;
  /** The greatest generation that this reader has served before, 0 for none. */
  readonly seen: number;
}

export interface NextDocument<Value> {
  /** As a reader will see it. */
  readonly value: Value;
  readonly generation: number;
  readonly bytes: Uint8Array;
}

/**
 * @throws HoldfastError DOCUMENT_INVALID - the present or the changed value is not valid, the changed one is a promise or
 *   has no JSON form or too long a one, or the present generation is the last one that can be counted
 * @throws HoldfastError DOCUMENT_NEWER - the present value is of a later version
 */
export function nextDocument<Value>(
  present: PresentDocument<Value>,
  change: (value: Value | undefined) => Value,
): NextDocument<Value> {
  const { path, found, schema } = present;
  const { version } = schema;
  const generation = nextGeneration(present);
  const json = toJson(path, change(found.source === 'absent' ? undefined : schema.accept(found, path)));
  const value = schema.accept({ value: JSON.parse(json), version }, path);
  return { value, generation, bytes: encodeDocument(json, generation, version) };
}

/**
 * One more than any generation that a reader can have seen. The last good one is at most one behind the current one, so
 * after damage the damaged generation's number is skipped; after a backup was put back, those that were served since.
 */
function nextGeneration({ path, found, seen }: PresentDocument<unknown>): number {
  const generation = Math.max(followerOf(found), seen + 1);
  if (Number.isSafeInteger(generation)) return generation;
  throw refused(path, 'has no generation left to follow its own');
}

function followerOf(found: FoundDocument): number {
  switch (found.source) {
    case 'absent':
      return 1;
    case 'current':
      return found.generation + 1;
    case 'last-good':
      return found.generation + 2;
    default:
      return found satisfies never;
  }
}

function toJson(path: string, value: unknown): string {
  if (isPromise(value)) {
    forget(value);
    // As JSON it would be {}, and what it becomes later would be lost.
    throw refused(path, 'was changed to a promise: a change has to be synchronous');
  }
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    cause = error; // a cycle or a BigInt
  }
  if (json !== undefined && json.length > longestJson)
    throw refused(
      path,
      `was changed to a value of ${json.length} characters of JSON, where ${longestJson} is the most`,
    );
  if (json !== undefined) return json;
  throw refused(path, 'was changed to a value that has no JSON form', cause);
}

function refused(path: string, message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('DOCUMENT_INVALID', `${path} ${message}`, {
    cause,
    details: { path, issues: [{ path: '', message }] },
  });
}
