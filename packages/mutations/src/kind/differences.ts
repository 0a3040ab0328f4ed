/** Which fields two values of a kind differ in. */
import { isDeepStrictEqual } from 'node:util';
import type { ResourceKind } from './resource-kind.ts';

/** Fields in their order, without derived ones. */
export function changedFields<Value extends object, Viewer>(
  { fields }: ResourceKind<Value, Viewer>,
  before: Value,
  after: Value,
): readonly (keyof Value & string)[] {
  return ownFields(fields).filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Fields that do not follow from something else. */
export function ownFields<Value extends object>(
  fields: ResourceKind<Value, never>['fields'],
): readonly (keyof Value & string)[] {
  return (Object.keys(fields) as (keyof Value & string)[]).filter((name) => fields[name].isDerived !== true);
}
