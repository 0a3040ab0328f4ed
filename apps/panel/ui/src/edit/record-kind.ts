/** A kind of record that can be edited: its parts, how it is read, and the words for it. */
import type { Json, JsonObject, Snapshot } from '@holdfast/optimistic-client';
import type { Role } from '@holdfast/panel-client/schema';
import type { PanelData } from '../data/panel-data.ts';
import type { PlainTextKey, Text } from '../i18n/text.ts';
import type { RecordPart } from './record/record-part.ts';
import type { ControlKind } from './record/typed-value.ts';

export interface RecordKind {
  /** As the server names it. */
  readonly kind: string;
  parts(role: Role): readonly RecordPart[];
  /** The newest value, without any cache. @throws PanelError */
  read(data: PanelData, id: string): Promise<Snapshot>;
  /** The first word of the keys under which its answers are kept; the second is the id. */
  readonly queryName: string;
  readonly words: RecordWords;
  href(id: string): string;
  /** What it is called. */
  name(value: JsonObject, id: string, text: Text): string;
}

export interface RecordWords {
  readonly changedTitle: PlainTextKey;
  readonly deletedTitle: PlainTextKey;
  /** By the name of the field, or of the group. */
  readonly fields: Readonly<Record<string, FieldWords>>;
  readonly groups: Readonly<Record<string, PlainTextKey>>;
  /** What an action has done, by the operation that it is. */
  done(patch: JsonObject): PlainTextKey | undefined;
  /** Fields that nobody edits in a form, and whose changes its user should hear of. */
  readonly context: readonly string[];
  /** Why the rules of the server refuse, by the code of the rule. */
  readonly reasons: Readonly<Record<string, PlainTextKey>>;
  /** What is wrong with a value, by the code of the issue. */
  readonly issues: Readonly<Record<string, PlainTextKey>>;
}

export interface FieldWords {
  readonly label: PlainTextKey;
  /** In a group, whose name says the rest. */
  readonly short?: PlainTextKey;
  /** Of what a person types. */
  readonly control?: ControlKind;
  show(value: Json | undefined, text: Text): string;
}

/** What a row of a conflict is called: a field, or a group. */
export function rowLabel({ fields, groups }: RecordWords, row: string): PlainTextKey {
  return groups[row] ?? fields[row]?.label ?? 'value.none';
}
