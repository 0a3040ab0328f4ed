/**
 * What the merge has to know of a kind of record: which fields a person edits, when two values of one are the same, and which
 * fields are true only together.
 *
 * A field that the schema does not name is the server's: the merge takes theirs and shows nothing of it.
 */

/** How the values of a field are compared. Values that are none of their kind are compared as they are written. */
export type Scalar =
  /** `trim: 'none'` where blanks at the ends mean something; otherwise they are no difference. */
  | { readonly kind: 'text'; readonly trim?: 'none' }
  /** Of several lines: where both changed it, a merge of the lines is suggested and never made. */
  | { readonly kind: 'long-text' }
  /** `10`, `'10'` and `'10.0'` are one number; `''`, `null` and `false` are none. */
  | { readonly kind: 'number' }
  /** An instant of ISO 8601 with its zone, UTC where it names none; a number is milliseconds since the Unix epoch. */
  | { readonly kind: 'instant' }
  | { readonly kind: 'ip' }
  /** A network: the bits behind the prefix are no difference. */
  | { readonly kind: 'cidr' }
  /** An address with the length of its prefix: all bits count. */
  | { readonly kind: 'interface' }
  | { readonly kind: 'mac' }
  | { readonly kind: 'email' }
  /** As JSON, whatever the order of members: booleans, choices, nested values. */
  | { readonly kind: 'exact' };

export type Field = (
  | Scalar
  /** Values in no order; both sides' additions and removals are taken. */
  | { readonly kind: 'set'; readonly of: Scalar }
  /** Objects in an order, each known by its member `key`, a text or a number. */
  | { readonly kind: 'list'; readonly key: string; readonly item: Fields }
  /** The server tells only whether it changed; a user types a new one. */
  | { readonly kind: 'secret' }
) & {
  /** Only the server sets it: theirs is taken and nothing is shown. */
  readonly isServerOwned?: boolean;
};

export type Fields = Readonly<Record<string, Field>>;

export interface RecordSchema {
  readonly fields: Fields;
  /** Invariant groups by name, `{ range: ['start', 'end'] }`: all fields of one come from the same side. A field is in one group at most. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** What the table of the merge is applied to: one field, or the fields of a group. */
export interface MergeUnit {
  readonly name: string;
  readonly fields: readonly string[];
  /** Of a field that is in no group. */
  readonly field?: Field;
}

/** The units of a schema, without what the server owns. A group has the name it was given, a field its own. */
export function unitsOf({ fields, groups = {} }: RecordSchema): readonly MergeUnit[] {
  const grouped = new Set(Object.values(groups).flat());
  const single = Object.entries(fields)
    .filter(([name, field]) => field.isServerOwned !== true && !grouped.has(name))
    .map(([name, field]) => ({ name, fields: [name], field }));
  return [...Object.entries(groups).map(([name, names]) => ({ name, fields: names })), ...single];
}

/** A field of the schema; undefined for what the schema does not name. */
export function fieldOf({ fields }: RecordSchema, name: string): Field | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
