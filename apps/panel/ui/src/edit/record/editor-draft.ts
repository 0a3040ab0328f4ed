/** What of an editor goes to disk: the request to the letter where one is on its way, and what was typed beside it. Pure. */
import type { ConflictEffect, Draft, JsonObject, UnsavedDraft } from '@holdfast/optimistic-client';
import { type EditorState, layered } from './editor-state.ts';

export type DraftContents = Pick<
  UnsavedDraft,
  | 'baseVersion'
  | 'base'
  | 'patch'
  | 'touched'
  | 'state'
  | 'clientMutationId'
  | 'later'
  | 'isCreation'
  | 'choices'
>;

/** Of an editor without a conflict; undefined where there is nothing to keep. */
export function contentsOf({ pending, typed, delivery }: EditorState): DraftContents | undefined {
  const [first, ...queued] = pending?.patches ?? [];
  const behind = layered(...queued.map(({ patch }) => patch));
  const later = { ...behind, ...typed?.patch };
  if (first !== undefined && delivery !== 'idle') {
    const { clientMutationId, base, patch } = first;
    return {
      state: 'sending',
      baseVersion: base.version,
      base: base.value,
      patch,
      clientMutationId,
      touched: Object.keys({ ...patch, ...later }),
      ...(Object.keys(later).length > 0 && { later }),
    };
  }
  const base = first?.base ?? typed?.base;
  if (base === undefined) return undefined;
  const patch = { ...first?.patch, ...later };
  return {
    state: 'editing',
    baseVersion: base.version,
    base: base.value,
    patch,
    touched: Object.keys(patch),
  };
}

/** Everything that was typed, sent or not. */
export function patchOf({ patch, later }: Pick<Draft, 'patch' | 'later'>): JsonObject {
  return { ...patch, ...later };
}

/** As a conflict wants it kept. */
export function contentsOfConflict(
  effect: Extract<ConflictEffect, { readonly kind: 'keep-draft' }>,
): DraftContents {
  const { kind: _kind, base, ...kept } = effect;
  const touched = Object.keys({ ...kept.patch, ...kept.later });
  return { ...kept, baseVersion: base.version, base: base.value, touched };
}
