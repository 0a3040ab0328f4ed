/**
 * Three keyed lists into one: item by item, then the order. An item that one side removed and the other changed, one that both
 * changed differently, and an order that both changed are conflicts; the items around them are merged all the same, so that
 * choosing a side for the conflicts never takes back what the other side did elsewhere in the list.
 */
import { canonical, canonicalItem } from '../equality/canonical.ts';
import { asObject, type Json, type JsonObject, memberOf } from '../record/json.ts';
import { mergeOrder } from './merge-order.ts';
import type { Field } from './record-schema.ts';

export type ListField = Extract<Field, { readonly kind: 'list' }>;

/** Which side the conflicts of a list are decided for. */
export type Side = 'mine' | 'theirs' | 'base';

export type ListConflict =
  /** `removed-here`: I removed it and they changed it; `removed-there`: the other way round. */
  | {
      readonly because: 'changed' | 'added' | 'removed-here' | 'removed-there';
      /** The value of the key. */
      readonly item: Json;
    }
  | { readonly because: 'order' };

export interface MergedList {
  readonly value: readonly JsonObject[];
  readonly conflicts: readonly ListConflict[];
}

/** Three versions of one item, all there. */
export interface ThreeItems {
  readonly base: JsonObject;
  readonly mine: JsonObject;
  readonly theirs: JsonObject;
}

/** How an item that both changed is merged; undefined when a field of it is a conflict. */
export type MergeItem = (items: ThreeItems) => JsonObject | undefined;

export interface ListMerge {
  readonly field: ListField;
  readonly base: Json | undefined;
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
  readonly mergeItem: MergeItem;
}

/** @returns undefined for what is no list of items with a key each, all different: it can only be taken whole */
export function mergeLists({ field, mergeItem, ...lists }: ListMerge, prefer: Side): MergedList | undefined {
  const [base, mine, theirs] = [lists.base, lists.mine, lists.theirs].map((list) => itemsOf(field, list));
  if (base === undefined || mine === undefined || theirs === undefined) return undefined;
  const conflicts: ListConflict[] = [];
  const merged = new Map<string, JsonObject>();
  for (const key of new Set([...theirs.keys(), ...mine.keys(), ...base.keys()])) {
    const three = { base: base.get(key), mine: mine.get(key), theirs: theirs.get(key) };
    const decided = decide(field, three, mergeItem);
    if (decided.because !== undefined)
      conflicts.push({ because: decided.because, item: keyOf(field, three) });
    const item = decided.because === undefined ? decided.item : three[prefer];
    if (item !== undefined) merged.set(key, item);
  }
  const keys = { base: [...base.keys()], mine: [...mine.keys()], theirs: [...theirs.keys()] };
  const order = mergeOrder(keys, new Set(merged.keys()), prefer);
  if (order.isConflict) conflicts.push({ because: 'order' });
  return { value: order.keys.map((key) => merged.get(key) ?? {}), conflicts };
}

type Items = ReadonlyMap<string, JsonObject>;
type Three = { readonly [side in Side]: JsonObject | undefined };

type Decision =
  | { readonly because?: undefined; readonly item: JsonObject | undefined }
  | { readonly because: Exclude<ListConflict['because'], 'order'> };

/** The table of the merge for one item; undefined stands for one that is not there. */
function decide(field: ListField, { base, mine, theirs }: Three, mergeItem: MergeItem): Decision {
  const textOf = (item: JsonObject | undefined) =>
    item === undefined ? undefined : canonicalItem(field.item, item);
  if (textOf(base) === textOf(mine)) return { item: theirs };
  if (textOf(base) === textOf(theirs)) return { item: mine };
  if (textOf(mine) === textOf(theirs)) return { item: theirs };
  if (mine === undefined) return { because: 'removed-here' };
  if (theirs === undefined) return { because: 'removed-there' };
  if (base === undefined) return { because: 'added' };
  const item = mergeItem({ base, mine, theirs });
  return item === undefined ? { because: 'changed' } : { item };
}

function itemsOf(field: ListField, list: Json | undefined): Items | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries = list.map((entry: Json) => {
    const item = asObject(entry) ?? {};
    return [keyText(field, item), item] as const;
  });
  const items = new Map(entries);
  return items.size === list.length && !items.has('absent') ? items : undefined;
}

function keyText({ key, item }: ListField, value: JsonObject): string {
  return canonical(item[key] ?? { kind: 'exact' }, memberOf(value, key));
}

function keyOf({ key }: ListField, { base, mine, theirs }: Three): Json {
  const item = base ?? mine ?? theirs;
  return item === undefined ? null : (memberOf(item, key) ?? null);
}
