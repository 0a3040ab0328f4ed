/**
 * What a viewer gets to see of a value: the projection of its kind, in which no secret has a value. Reads, answers of
 * mutations and conflicts all come from here, so that none of them says more than another.
 */
import type { Json, JsonObject } from '../request/json.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Stands where a secret is. */
export interface SecretMark {
  readonly $secret: true;
  /** In a conflict: whether somebody else changed it. */
  readonly changed?: boolean;
}

/** @returns undefined when the viewer may not know that there is such a thing */
export function viewOf<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  value: Value,
  viewer: Viewer,
): JsonObject | undefined {
  const projected = kind.project(value, viewer);
  if (projected === undefined) return undefined;
  const entries = Object.entries(projected)
    // A field that the kind does not describe cannot be known to be harmless.
    .filter(([name, field]) => field !== undefined && name in kind.fields)
    .map(([name, field]) => [name, isSecret(kind, name) ? secret : (field as Json)]);
  return Object.fromEntries(entries) as JsonObject;
}

/** `view` with a note at each secret, whether it is among `changed`. */
export function markSecrets<Value extends object, Viewer>(
  kind: ResourceKind<Value, Viewer>,
  view: JsonObject,
  changed: ReadonlySet<string>,
): JsonObject {
  const entries = Object.entries(view).map(([name, field]) => [
    name,
    isSecret(kind, name) ? { ...secret, changed: changed.has(name) } : field,
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

export function isSecret<Value extends object, Viewer>(
  { fields }: ResourceKind<Value, Viewer>,
  name: string,
): boolean {
  return fields[name as keyof Value & string]?.isSecret === true;
}

const secret: SecretMark & JsonObject = { $secret: true };
