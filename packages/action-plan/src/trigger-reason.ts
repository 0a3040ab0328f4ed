/**
 * Who asked, and for which scope. A trigger never says what the new state is: that is recomputed from truth after the
 * lock is held, so duplicate, lost and reordered triggers are harmless.
 */

export interface TriggerReason<Kind extends string = string> {
  /** Why something should be looked at: `ip-up`, `timer`, `corrupt`, … */
  readonly kind: Kind;
  /** The scope whose state is meant, as LockRunner takes it: `policy:gw1`, `token:web`. */
  readonly scope: string;
  /** The one object inside the scope that changed, when the trigger knows it: an id, never a value. */
  readonly subject?: string;
}
