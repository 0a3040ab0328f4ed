/** The merge of a conflict, again after something has changed; and whether the user has to see what came of it. */
import { isSame } from '../equality/canonical.ts';
import type { MergeRow } from '../merge/merge-row.ts';
import { type Merge, merge3 } from '../merge/merge3.ts';
import { fieldOf, type RecordSchema } from '../merge/record-schema.ts';
import { type Choices, defaultChoices } from '../merge/resolve.ts';
import { isSecretMark, secretsOf, withPlainMarks, withSecretsMarked } from '../merge/secret.ts';
import { asObject, type JsonObject, memberOf, withPatch } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';
import type { Conflict, ConflictContext, Theirs } from './conflict.ts';

export interface MergeSides {
  readonly base: Snapshot;
  readonly patch: JsonObject;
  readonly theirs: Theirs;
}

/** Always on the same base: what was refused once is not forgotten by a newer value. */
export function mergeOf({ schema, validate }: ConflictContext, { base, patch, theirs }: MergeSides): Merge {
  const before = withPlainMarks(schema, base.value);
  const mine = withPatch(before, patch);
  return merge3(schema, before, mine, theirs.value, { ...(validate !== undefined && { validate }) });
}

/** With a new merge, and the decisions that still mean what they meant. */
export function remerged(context: ConflictContext, conflict: Conflict): Conflict {
  const merge = mergeOf(context, conflict);
  return { ...conflict, merge, choices: keptChoices(conflict, merge) };
}

/**
 * Whether `after` has something to decide that `before` did not show: another conflict, another value of theirs in one, or in a
 * row that was decided against mine.
 */
export function hasNewOverlap({ merge: before, choices }: Conflict, after: Merge): boolean {
  if (after.deletion !== before.deletion) return true;
  return after.rows.some((row) => {
    const seen = before.rows.find(({ name }) => name === row.name);
    const choice = Object.hasOwn(choices, row.name) ? choices[row.name] : undefined;
    const isDecided = choice !== undefined && choice.kind !== 'mine';
    if (row.state !== 'conflict' && !isDecided) return false;
    return (
      seen === undefined || (seen.state !== 'conflict' && !isDecided) || !isSameThere(after.schema, seen, row)
    );
  });
}

/** The newer of two; what was known of secrets is carried over to a plain read, which does not tell. */
export function newerTheirs(schema: RecordSchema, { theirs, patch }: Conflict, told: Theirs): Theirs {
  if (told.version < theirs.version || told.value === undefined) {
    return told.version < theirs.version ? theirs : told;
  }
  const changed = secretsOf(schema).filter((name) => {
    const mark = asObject(memberOf(told.value ?? {}, name));
    if (!isSecretMark(mark) || mark?.changed !== undefined) return false;
    const wasChanged = asObject(memberOf(theirs.value ?? {}, name))?.changed === true;
    // Nobody can say whether a version in between changed it: then the user decides, rather than overwrite it.
    return wasChanged || (told.version > theirs.version && Object.hasOwn(patch, name));
  });
  return { version: told.version, value: withSecretsMarked(schema, told.value, new Set(changed)) };
}

function isSameThere(schema: RecordSchema, one: MergeRow, other: MergeRow): boolean {
  return other.fields.every((name) =>
    isSame(
      fieldOf(schema, name) ?? { kind: 'exact' },
      memberOf(one.theirs, name),
      memberOf(other.theirs, name),
    ),
  );
}

/** A choice holds for a row in the same state; what was typed in one holds as long as there is the row. */
function keptChoices({ merge: before, choices }: Conflict, after: Merge): Choices {
  const states = new Map(before.rows.map(({ name, state }) => [name, state]));
  const kept = after.rows.flatMap(({ name, state }) => {
    const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
    const isKept = choice?.kind === 'edited' || states.get(name) === state;
    return choice !== undefined && isKept ? [[name, choice] as const] : [];
  });
  return Object.fromEntries([...Object.entries(defaultChoices(after.rows)), ...kept]);
}
