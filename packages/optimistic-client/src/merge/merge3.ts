/**
 * Three-way merge of a record: what I changed since the base, and what they did. Per field or group:
 *
 * | base → mine | base → theirs | |
 * |---|---|---|
 * | same | same | nothing to show |
 * | changed | same | mine |
 * | same | changed | theirs |
 * | changed | changed, to the same | theirs |
 * | changed | changed, otherwise | conflict: mine until the user decides; sets, and lists where possible, are combined |
 *
 * Pure. Values that mean the same are the same, however they are written, and then theirs is kept as it is written.
 */
import { type JsonObject, withPatch } from '../record/json.ts';
import type { Issue, MergeRow, Validate } from './merge-row.ts';
import { mergeUnit } from './merge-unit.ts';
import { fieldOf, type RecordSchema, unitsOf } from './record-schema.ts';

export interface Merge {
  readonly schema: RecordSchema;
  /** Undefined when they deleted it. */
  readonly theirs: JsonObject | undefined;
  /** Everything that needs no user, and mine where it does; undefined when it is deleted. Holds secrets that were typed. */
  readonly merged: JsonObject | undefined;
  /** What somebody changed; nothing of what the server owns. */
  readonly rows: readonly MergeRow[];
  /** There is a conflict, or the merged value is not valid. */
  readonly needsUser: boolean;
  /** What is wrong with the merged value. */
  readonly issues: readonly Issue[];
  /** Who deleted the record. */
  readonly deletion?: 'mine' | 'theirs' | 'both';
}

export interface MergeOptions {
  readonly validate?: Validate;
}

/** @param mine - undefined when I delete it, as `theirs` when they have */
export function merge3(
  schema: RecordSchema,
  base: JsonObject,
  mine: JsonObject | undefined,
  theirs: JsonObject | undefined,
  { validate = () => [] }: MergeOptions = {},
): Merge {
  if (mine === undefined || theirs === undefined) return mergeDeletion(schema, { base, mine, theirs });
  const units = unitsOf(schema).map((unit) => mergeUnit(schema, unit, { base, mine, theirs }, mergeItem));
  const written = new Set(units.flatMap(({ fields }) => fields));
  const untouched = Object.entries(theirs).filter(([name]) => !written.has(name));
  const merged = units.reduce((value, { slice }) => withPatch(value, slice), Object.fromEntries(untouched));
  const rows = units.flatMap(({ row }) => row ?? []);
  const issues = validate(merged);
  const needsUser = issues.length > 0 || rows.some(({ state }) => state === 'conflict');
  return { schema, theirs, merged: inOrderOf(theirs, merged), rows, needsUser, issues };
}

interface Sides {
  readonly base: JsonObject;
  readonly mine: JsonObject | undefined;
  readonly theirs: JsonObject | undefined;
}

/** A deletion goes through where the other side changed nothing; else it is a conflict of its own kind. */
function mergeDeletion(schema: RecordSchema, { base, mine, theirs }: Sides): Merge {
  const left = mine ?? theirs;
  if (left === undefined) {
    return { schema, theirs, merged: undefined, rows: [], needsUser: false, issues: [], deletion: 'both' };
  }
  const three = { base, mine: mine ?? base, theirs: theirs ?? base };
  const rows = unitsOf(schema)
    .flatMap((unit) => mergeUnit(schema, unit, three, mergeItem).row ?? [])
    .map((row) => ({ ...row, state: 'conflict' as const, because: 'deleted' as const }))
    .map((row) =>
      theirs === undefined
        ? { ...row, theirs: {}, options: { ...row.options, theirs: {} } }
        : { ...row, mine: {} },
    );
  const isConflict = rows.length > 0;
  return {
    schema,
    theirs,
    merged: isConflict ? mine : undefined,
    rows,
    needsUser: isConflict,
    issues: [],
    deletion: mine === undefined ? 'mine' : 'theirs',
  };
}

function mergeItem(
  fields: RecordSchema['fields'],
  { base, mine, theirs }: { readonly [side in 'base' | 'mine' | 'theirs']: JsonObject },
): JsonObject | undefined {
  const names = Object.keys({ ...base, ...mine, ...theirs });
  const all = Object.fromEntries(
    names.map((name) => [name, fieldOf({ fields }, name) ?? ({ kind: 'exact' } as const)]),
  );
  const { merged, needsUser } = merge3({ fields: all }, base, mine, theirs);
  return needsUser ? undefined : merged;
}

/** Members as the server has them, so that a merge that changes nothing is written as what came. */
function inOrderOf(theirs: JsonObject, merged: JsonObject): JsonObject {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(merged)])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const member = Object.hasOwn(merged, name) ? merged[name] : undefined;
      return member === undefined ? [] : [[name, member] as const];
    }),
  );
}
