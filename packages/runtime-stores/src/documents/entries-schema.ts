/**
 * What the document of a shard has to look like: its entries by the hash of their key, each as the store's own schema
 * describes it. An entry that belongs to another shard is refused: somebody has put a document in another's place.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isEntryOf } from './shard-of-key.ts';

/** By the hash of their key. */
export type Entries<Entry> = Readonly<Record<string, Entry>>;

/** @param entry - undefined removes it */
export function withEntry<Entry>(
  entries: Entries<Entry>,
  name: string,
  entry: Entry | undefined,
): Entries<Entry> {
  if (entry !== undefined) return { ...entries, [name]: entry };
  const { [name]: _, ...others } = entries;
  return others;
}

type Check<Entry> = StandardSchemaV1.Result<Entries<Entry>>;

/** @param entry - synchronous, as every schema of a document */
export function entriesSchema<Entry>(
  shard: string,
  entry: StandardSchemaV1<unknown, Entry>,
): StandardSchemaV1<unknown, Entries<Entry>> {
  return {
    '~standard': { version: 1, vendor: 'holdfast', validate: (value) => checkEntries(shard, entry, value) },
  };
}

function checkEntries<Entry>(
  shard: string,
  entry: StandardSchemaV1<unknown, Entry>,
  value: unknown,
): Check<Entry> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { issues: [{ message: 'is not an object of entries' }] };
  const entries: Record<string, Entry> = {};
  const issues: StandardSchemaV1.Issue[] = [];
  for (const [name, found] of Object.entries(value)) {
    const checked = checkEntry(shard, entry, name, found);
    if (checked.issues === undefined) entries[name] = checked.value;
    else issues.push(...checked.issues.map((issue) => ({ ...issue, path: [name, ...(issue.path ?? [])] })));
  }
  return issues.length > 0 ? { issues } : { value: entries };
}

function checkEntry<Entry>(
  shard: string,
  entry: StandardSchemaV1<unknown, Entry>,
  name: string,
  found: unknown,
): StandardSchemaV1.Result<Entry> {
  if (!isEntryOf(shard, name)) return { issues: [{ message: `is no entry of shard ${shard}` }] };
  const result = entry['~standard'].validate(found);
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined); // nobody waits for it: what it says comes too late
  return { issues: [{ message: 'has an asynchronous schema' }] };
}
