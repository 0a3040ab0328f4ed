/** Why a steward is asked to look at a document, and what may come of it. */
import type { TriggerReason, Verdict } from '@holdfast/action-plan';

export const stewardReasons = ['missing', 'corrupt', 'expired', 'rotation-due', 'manual'] as const;

/** Its scope is that of the area, its subject the path of the document. */
export type StewardReason = TriggerReason<(typeof stewardReasons)[number]>;

export type StewardAction =
  /** The next value in the ordinary way; what it replaces stays valid for as long as the store says. */
  | { readonly kind: 'rotate' }
  /** The document, and what depends on it, goes to the trash: evidence, and the way back. */
  | { readonly kind: 'reset' };

export type StewardVerdict = Verdict<StewardAction>;

/** The verdict in the one word that tables and reports have for it. */
export function verdictWord(verdict: StewardVerdict): 'keep' | 'rotate' | 'reset' | 'refuse' {
  if (verdict.kind !== 'act') return verdict.kind;
  return verdict.actions[0]?.kind ?? 'keep';
}
