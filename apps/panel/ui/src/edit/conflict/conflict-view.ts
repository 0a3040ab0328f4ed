/** A conflict as a dialog shows it: rows with the four values side by side, who changed what, and what can be done. Pure. */
import {
  type Conflict,
  type FieldChange,
  type Issue,
  isSame,
  type Json,
  type JsonObject,
  type MergeRow,
  resolve,
} from '@holdfast/optimistic-client';
import type { RecordPart } from '../record/record-part.ts';

export type Side = 'mine' | 'theirs' | 'base';

export interface ConflictRow {
  readonly name: string;
  readonly fields: readonly string[];
  readonly state: MergeRow['state'] | 'unchanged';
  readonly because: MergeRow['because'];
  readonly base: JsonObject;
  readonly theirs: JsonObject;
  readonly mine: JsonObject;
  /** What will be in the record; undefined while it is not decided. */
  readonly result: JsonObject | undefined;
  /** Which of the three it is; one that was edited is mine. Undefined where there is nothing to decide, or nothing decided. */
  readonly side: Side | undefined;
  /** What stands in the control: mine, or what became of it here. */
  readonly edited: JsonObject;
  readonly canChoose: Readonly<Record<Side, boolean>>;
  readonly by: Author | undefined;
  readonly issues: readonly Issue[];
}

export interface Author {
  readonly name: string;
  readonly at: string;
}

/** Something that nobody edits here, and that is not as it was. */
export interface ContextChange {
  readonly field: string;
  readonly before: Json | undefined;
  readonly now: Json | undefined;
}

export interface ConflictView {
  readonly rows: readonly ConflictRow[];
  /** Fields of the form that nobody changed. */
  readonly others: readonly ConflictRow[];
  readonly context: readonly ContextChange[];
  readonly conflicts: number;
  readonly isDeleted: boolean;
  readonly canMakeAnew: boolean;
  /** Something is on its way, or waits for the network. */
  readonly isBusy: boolean;
  readonly canApply: boolean;
  /** Who was quicker, the last one; undefined where nobody knows. */
  readonly by: Author | undefined;
  readonly versionsBehind: number;
}

/** @param context - fields beside those of the form that its user should hear of */
export function conflictView(part: RecordPart, conflict: Conflict, context: readonly string[]): ConflictView {
  const { merge, choices, theirs, base, phase, changed, problem } = conflict;
  const resolution = resolve(merge, choices, part.validate);
  const isDeleted = theirs.value === undefined;
  const refused = problem?.kind === 'invalid' ? problem.issues : [];
  const rows = merge.rows.map((row): ConflictRow => {
    const isOpen = resolution.undecided.includes(row.name);
    const ofRow = ({ path }: Issue) => row.fields.includes(path.slice(1));
    return {
      ...{ name: row.name, fields: row.fields, state: row.state, because: row.because },
      ...{ base: row.base, theirs: row.theirs, mine: row.mine },
      result: isOpen || isDeleted ? undefined : pick(resolution.value, row.fields),
      side: row.state === 'conflict' ? sideOf(conflict, row.name) : undefined,
      edited: { ...pick({ ...row.base, ...row.mine }, row.fields), ...editedOf(conflict, row.name) },
      canChoose: {
        mine: row.options.mine !== undefined,
        theirs: true,
        base: row.options.base !== undefined,
      },
      by: lastAuthor((changed ?? []).filter(({ path }) => row.fields.includes(fieldOfPath(path)))),
      issues: uniqueIssues([...resolution.issues, ...refused]).filter(ofRow),
    };
  });
  const shown = new Set(merge.rows.flatMap(({ fields }) => fields));
  const now = theirs.value ?? {};
  return {
    rows,
    others: isDeleted ? [] : unchangedRows(part, { shown, value: now }),
    context: isDeleted
      ? []
      : contextChanges(
          context.filter((field) => !shown.has(field)),
          base.value,
          now,
        ),
    conflicts: merge.rows.filter(({ state }) => state === 'conflict').length,
    isDeleted,
    canMakeAnew: isDeleted && part.create !== undefined,
    isBusy: phase !== 'choosing',
    canApply: !isDeleted && resolution.undecided.length === 0,
    by: lastAuthor(changed ?? []),
    versionsBehind: Math.max(0, theirs.version - base.version),
  };
}

function sideOf({ choices }: Conflict, row: string): Side | undefined {
  const choice = Object.hasOwn(choices, row) ? choices[row] : undefined;
  return choice?.kind === 'edited' ? 'mine' : choice?.kind;
}

function editedOf({ choices }: Conflict, row: string): JsonObject {
  const choice = Object.hasOwn(choices, row) ? choices[row] : undefined;
  return choice?.kind === 'edited' ? choice.value : {};
}

function contextChanges(
  fields: readonly string[],
  before: JsonObject,
  now: JsonObject,
): readonly ContextChange[] {
  return fields
    .filter((field) => !isSame({ kind: 'exact' }, before[field], now[field]))
    .map((field) => ({ field, before: before[field], now: now[field] }));
}

function unchangedRows(
  { schema }: RecordPart,
  { shown, value }: { readonly shown: ReadonlySet<string>; readonly value: JsonObject },
): readonly ConflictRow[] {
  const none = { mine: false, theirs: false, base: false };
  return Object.keys(schema.fields)
    .filter((field) => !shown.has(field) && Object.hasOwn(value, field))
    .map((field) => {
      const same = pick(value, [field]);
      return {
        ...{ name: field, fields: [field], state: 'unchanged', because: undefined },
        ...{ base: same, theirs: same, mine: same, result: same, edited: same },
        ...{ side: undefined, canChoose: none, by: undefined, issues: [] },
      };
    });
}

function lastAuthor(changes: readonly FieldChange[]): Author | undefined {
  const last = changes.toSorted((one, other) => other.version - one.version)[0];
  return last && { name: last.by.name, at: last.at };
}

function fieldOfPath(path: string): string {
  return path.slice(1).split('/')[0] ?? '';
}

function uniqueIssues(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [`${issue.path} ${issue.code}`, issue])).values()];
}

function pick(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}
