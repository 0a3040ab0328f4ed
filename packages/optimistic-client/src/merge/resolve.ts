/** What comes of a merge once the user has decided: the patch to send on top of theirs, with the fields that differ from it alone. */
import { isSame } from '../equality/canonical.ts';
import { asObject, type Json, type JsonObject, memberOf, pick, withPatch } from '../record/json.ts';
import type { Issue, MergeRow, Validate } from './merge-row.ts';
import type { Merge } from './merge3.ts';
import { fieldOf } from './record-schema.ts';
import { isSecretMark } from './secret.ts';

/** What the user wants of one row. `edited`: values by field name; those that are not in it are mine. */
export type Choice =
  | { readonly kind: 'mine' | 'theirs' | 'base' }
  | { readonly kind: 'edited'; readonly value: JsonObject };

/** By the name of the row. */
export type Choices = { readonly [row: string]: Choice };

export interface Resolution {
  /** Only what differs from theirs, of rows that are decided; of a group that differs, all of it. */
  readonly patch: JsonObject;
  /** Theirs with the patch. */
  readonly value: JsonObject;
  /** Names of the conflicts that still need a choice. Nothing of them is in the patch. */
  readonly undecided: readonly string[];
  /** What is wrong with the value. */
  readonly issues: readonly Issue[];
}

/** Mine for every conflict that has such a choice: what a dialog shows as chosen when it opens. */
export function defaultChoices(rows: readonly MergeRow[]): Choices {
  const conflicts = rows.filter(({ state, options }) => state === 'conflict' && options.mine !== undefined);
  return Object.fromEntries(conflicts.map(({ name }) => [name, { kind: 'mine' } as const]));
}

/** Of a merge in which they deleted the record nothing can be sent: its patch is empty. */
export function resolve(merge: Merge, choices: Choices, validate: Validate = () => []): Resolution {
  const { theirs, rows } = merge;
  if (theirs === undefined) {
    return { patch: {}, value: {}, undecided: rows.map(({ name }) => name), issues: [] };
  }
  const decided = rows.map((row) => ({ row, slice: decide(merge, row, choiceOf(choices, row.name)) }));
  const undecided = decided.filter(({ slice }) => slice === undefined).map(({ row }) => row.name);
  const patch = decided
    .filter(({ row, slice }) => slice !== undefined && isDifferent(merge, row, slice))
    .reduce<JsonObject>((all, { slice }) => withPatch(all, slice ?? {}), {});
  const sendable = Object.fromEntries(Object.entries(patch).filter(([, value]) => !isSecretMark(value)));
  const value = withPatch(theirs, sendable);
  return { patch: sendable, value, undecided, issues: validate(value) };
}

function choiceOf(choices: Choices, name: string): Choice | undefined {
  return Object.hasOwn(choices, name) ? choices[name] : undefined;
}

/** The values of a row; undefined where the choice is missing, or is none that the row has. */
function decide(merge: Merge, row: MergeRow, choice: Choice | undefined): JsonObject | undefined {
  if (choice === undefined)
    return row.state === 'conflict' ? undefined : pick(merge.merged ?? {}, row.fields);
  if (choice.kind !== 'edited') return row.options[choice.kind];
  const edited = pick(asObject(choice.value) ?? {}, row.fields);
  return Object.keys(edited).length === 0
    ? undefined
    : withPatch(row.options.mine ?? row.options.theirs, edited);
}

function isDifferent({ schema, theirs = {} }: Merge, { fields }: MergeRow, slice: JsonObject): boolean {
  const differs = (name: string, one: Json | undefined) =>
    one !== undefined && !isSame(fieldOf(schema, name) ?? { kind: 'exact' }, one, memberOf(theirs, name));
  return fields.some((name) => differs(name, memberOf(slice, name)));
}
