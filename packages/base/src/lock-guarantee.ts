/** What a lock really promises, so that nothing ever pretends to hold one. */

export interface LockGuarantee {
  /** Who is excluded: this process, this host, or every host that shares the backend. */
  readonly scope: 'process' | 'host' | 'network';
  /** How a dead holder's lock becomes free: at once by the kernel or server, by proof of death, or after its lease. */
  readonly crashRelease: 'immediate' | 'proof-of-death' | 'lease';
  /** Whether a live holder can lose the lock (a lease that ran out, a connection that broke). */
  readonly canBeLost: boolean;
  /** Whether `held.fence()` gives a generation that publish checks. */
  readonly fenced: boolean;
  /** Whether waiters are served in the order they came. */
  readonly fair: boolean;
}

/** The fields of `required` that `actual` does not satisfy; empty when it satisfies all. */
export function unmetGuarantees(actual: LockGuarantee, required: Partial<LockGuarantee>): readonly string[] {
  const reach = ['process', 'host', 'network'];
  const release = ['lease', 'proof-of-death', 'immediate'];
  const unmet: string[] = [];
  if (required.scope !== undefined && reach.indexOf(actual.scope) < reach.indexOf(required.scope))
    unmet.push('scope');
  if (
    required.crashRelease !== undefined &&
    release.indexOf(actual.crashRelease) < release.indexOf(required.crashRelease)
  ) {
    unmet.push('crashRelease');
  }
  if (required.canBeLost === false && actual.canBeLost) unmet.push('canBeLost');
  if (required.fenced === true && !actual.fenced) unmet.push('fenced');
  if (required.fair === true && !actual.fair) unmet.push('fair');
  return unmet;
}
