/** The table of the merge, for one field or group. A group comes whole from one side: nothing inside it is combined. */
import { isSame } from '../equality/canonical.ts';
import { type JsonObject, memberOf, pick } from '../record/json.ts';
import { type ListMerge, mergeLists, type Side, type ThreeItems } from './merge-lists.ts';
import type { MergeRow, MergeState } from './merge-row.ts';
import { mergeSets } from './merge-sets.ts';
import { type Field, type Fields, fieldOf, type MergeUnit, type RecordSchema } from './record-schema.ts';
import { isSecretChanged, redacted } from './secret.ts';
import { suggestText } from './suggest-text.ts';

/** How the fields of an item of a list are merged; undefined when one is a conflict. */
export type MergeItemFields = (fields: Fields, items: ThreeItems) => JsonObject | undefined;

export interface MergedUnit {
  readonly fields: readonly string[];
  /** Its values in the merged record. */
  readonly slice: JsonObject;
  /** Undefined where nobody changed anything. */
  readonly row?: MergeRow;
}

export function mergeUnit(
  schema: RecordSchema,
  unit: MergeUnit,
  record: ThreeItems,
  mergeItem: MergeItemFields,
): MergedUnit {
  const { name, fields } = unit;
  const three = {
    base: pick(record.base, fields),
    mine: pick(record.mine, fields),
    theirs: pick(record.theirs, fields),
  };
  const { state, ...found } = stateOf(schema, unit, three, mergeItem);
  if (state === undefined) return { fields, slice: three.theirs };
  const options = { ...three, ...found.options };
  const taken =
    found.combined ?? (state === 'only-theirs' || state === 'both-same' ? three.theirs : options.mine);
  const { combined: _combined, ...conflict } = found;
  const shown = (values: JsonObject) => withoutTyped(schema, values);
  const row: MergeRow = {
    name,
    fields,
    state,
    base: shown(three.base),
    mine: shown(three.mine),
    theirs: shown(three.theirs),
    ...conflict,
    // A secret cannot be taken from what was typed on another base, nor from a base that nobody has.
    options: conflict.because === 'secret' ? { theirs: three.theirs } : options,
  };
  return { fields, slice: conflict.because === 'secret' ? three.theirs : taken, row };
}

interface Found extends Pick<MergeRow, 'because' | 'listConflicts' | 'suggestion'> {
  readonly state: MergeState | undefined;
  readonly combined?: JsonObject;
  readonly options?: { readonly [side in Side]: JsonObject };
}

function stateOf(
  schema: RecordSchema,
  unit: MergeUnit,
  three: ThreeItems,
  mergeItem: MergeItemFields,
): Found {
  const changedIn = (side: JsonObject) =>
    unit.fields.filter((name) => isChanged(fieldIn(schema, name), name, { base: three.base, side }));
  const [here, there] = [changedIn(three.mine), changedIn(three.theirs)];
  if (there.length === 0) return { state: here.length === 0 ? undefined : 'only-mine' };
  if (here.length === 0) return { state: 'only-theirs' };
  const isEqual = unit.fields.every((name) =>
    isSame(fieldIn(schema, name), memberOf(three.mine, name), memberOf(three.theirs, name)),
  );
  if (isEqual) return { state: 'both-same' };
  const isSecret = here.some((name) => fieldIn(schema, name).kind === 'secret' && there.includes(name));
  if (isSecret) return { state: 'conflict', because: 'secret' };
  return unit.field === undefined
    ? { state: 'conflict', because: 'value' }
    : mergeField(unit.name, unit.field, three, mergeItem);
}

function isChanged(
  field: Field,
  name: string,
  { base, side }: { readonly base: JsonObject; readonly side: JsonObject },
): boolean {
  if (field.kind === 'secret') return isSecretChanged(memberOf(side, name));
  return !isSame(field, memberOf(base, name), memberOf(side, name));
}

/** A field that both changed, differently. */
function mergeField(name: string, field: Field, three: ThreeItems, mergeItem: MergeItemFields): Found {
  const [base, mine, theirs] = [three.base, three.mine, three.theirs].map((side) => memberOf(side, name));
  if (field.kind === 'set' && Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs)) {
    return { state: 'combined', combined: { [name]: mergeSets(field.of, { base, mine, theirs }) } };
  }
  if (field.kind === 'list') {
    return mergeListField(name, {
      field,
      base,
      mine,
      theirs,
      mergeItem: (items) => mergeItem(field.item, items),
    });
  }
  if (field.kind !== 'long-text') return { state: 'conflict', because: 'value' };
  const isText = typeof base === 'string' && typeof mine === 'string' && typeof theirs === 'string';
  const suggestion = isText ? suggestText({ base, mine, theirs }) : undefined;
  return { state: 'conflict', because: 'text', ...(suggestion !== undefined && { suggestion }) };
}

function mergeListField(name: string, merge: ListMerge): Found {
  const mine = mergeLists(merge, 'mine');
  const theirs = mergeLists(merge, 'theirs');
  const base = mergeLists(merge, 'base');
  if (mine === undefined || theirs === undefined || base === undefined) {
    return { state: 'conflict', because: 'value' };
  }
  const combined = { [name]: mine.value };
  if (mine.conflicts.length === 0) return { state: 'combined', combined };
  return {
    state: 'conflict',
    because: 'list',
    combined,
    listConflicts: mine.conflicts,
    options: { mine: combined, theirs: { [name]: theirs.value }, base: { [name]: base.value } },
  };
}

function fieldIn(schema: RecordSchema, name: string): Field {
  return fieldOf(schema, name) ?? { kind: 'exact' };
}

function withoutTyped(schema: RecordSchema, values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      fieldIn(schema, name).kind === 'secret' ? redacted(value) : value,
    ]),
  );
}
