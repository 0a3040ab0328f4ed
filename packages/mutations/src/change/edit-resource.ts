/**
 * The change that most mutations are: some fields get other values. What is not editable is refused, what is equal already
 * is not written, and the statement that writes finds the row at the version that was sent or not at all.
 */

import { isDeepStrictEqual } from 'node:util';
import { HoldfastError } from '@holdfast/base';
import { type Issue, pointerTo } from '../kind/issue.ts';
import type { ResourceKind } from '../kind/resource-kind.ts';
import type { Change } from '../mutation.ts';
import { InvalidInput } from '../request/invalid-input.ts';
import type { Json, JsonObject } from '../request/json.ts';

/** @param patch - fields and their new values, as they were sent; the others stay as they are */
export function editResource<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  patch: JsonObject,
): Change<Value> {
  return async ({ trx, id, stored }) => {
    const issues = Object.entries(patch).flatMap(([name, value]) => issuesOf(kind, name, value));
    if (issues.length > 0) throw new InvalidInput(issues);
    const edited = different(patch, stored.value);
    const names = Object.keys(edited);
    if (names.length === 0) return { isUnchanged: true };
    const wrong = kind.check?.({ ...stored.value, ...edited }) ?? [];
    if (wrong.length > 0) throw new InvalidInput(wrong);
    if (await kind.update(trx, id, stored.version, edited)) return {};
    throw lost(kind.name, id, stored.version);
  };
}

/** Deletes a resource, where its kind allows it. */
export function removeResource<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
): Change<Value> {
  return async ({ trx, id, stored }) => {
    if (kind.remove === undefined) throw new InvalidInput([{ path: '', code: 'not-removable' }]);
    if (await kind.remove(trx, id, stored.version)) return { isDeletion: true };
    throw lost(kind.name, id, stored.version);
  };
}

/** Nobody is at the version that was read: somebody was faster. */
function lost(kind: string, id: string, seen: number): HoldfastError {
  return new HoldfastError('VERSION_CONFLICT', `${kind} ${id} is not at version ${seen} any more`, {
    details: { kind, id, seen },
  });
}

function issuesOf<Value extends object, Viewer>(
  { fields }: ResourceKind<Value, Viewer>,
  name: string,
  value: Json,
): readonly Issue[] {
  const field = Object.hasOwn(fields, name) ? fields[name as keyof Value & string] : undefined;
  const path = pointerTo(name);
  if (field === undefined) return [{ path, code: 'unknown-field' }];
  if (field.check === undefined) return [{ path, code: 'not-editable' }];
  const code = field.check(value);
  return code === undefined ? [] : [{ path, code }];
}

function different<Value extends object>(patch: JsonObject, value: Value): Partial<Value> {
  const entries = Object.entries(patch).filter(
    ([name, wanted]) => !isDeepStrictEqual(wanted, value[name as keyof Value]),
  );
  return Object.fromEntries(entries) as Partial<Value>;
}
