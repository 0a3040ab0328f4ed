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

type Judge<Field extends keyof LockGuarantee> = (
  actual: LockGuarantee[Field],
  required: LockGuarantee[Field],
) => boolean;

/** At least as far along the list. What is on no list, from a caller without types, is satisfied by nothing. */
function atLeast<Value extends string>(...weakestFirst: readonly Value[]) {
  return (actual: Value, required: Value) =>
    weakestFirst.includes(required) && weakestFirst.indexOf(actual) >= weakestFirst.indexOf(required);
}

const judges: { readonly [Field in keyof LockGuarantee]: Judge<Field> } = {
  scope: atLeast('process', 'host', 'network'),
  crashRelease: atLeast('lease', 'proof-of-death', 'immediate'),
  canBeLost: (actual, required) => required === true || (required === false && !actual),
  fenced: (actual, required) => required === false || (required === true && actual),
  fair: (actual, required) => required === false || (required === true && actual),
};

/** The fields of `required` that `actual` does not satisfy, unknown ones included; empty when it satisfies all. */
export function unmetGuarantees(actual: LockGuarantee, required: Partial<LockGuarantee>): readonly string[] {
  return Object.entries(required)
    .filter(([, value]) => value !== undefined)
    .map(([field]) => field)
    .filter((field) => !isMet(field as keyof LockGuarantee, actual, required));
}

function isMet<Field extends keyof LockGuarantee>(
  field: Field,
  actual: LockGuarantee,
  required: Partial<LockGuarantee>,
): boolean {
  const judge: Judge<Field> | undefined = Object.hasOwn(judges, field) ? judges[field] : undefined;
  return judge?.(actual[field], required[field] as LockGuarantee[Field]) ?? false;
}
