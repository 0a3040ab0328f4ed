/** The version that an own patch made, for whatever the same user changes next. */
import type { Written } from '../answer/answer.ts';
import { type JsonObject, withPatch } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';

/**
 * The guard of the server lets a patch in on its own version only, so nobody was in between. When the answer shows the record as it
 * is now, others may have come after it: then the base is what the patch alone made, and the server can still refuse.
 */
export function ownSave(
  { base, patch }: { readonly base: Snapshot; readonly patch: JsonObject },
  { version, value, from }: Written & { readonly from?: 'stored' | 'current' },
): Snapshot {
  if (from === 'current' && version > base.version + 1) {
    return { version: base.version + 1, value: withPatch(base.value, patch) };
  }
  return { version, value: value ?? withPatch(base.value, patch) };
}
