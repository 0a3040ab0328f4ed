/** Values as JSON knows them: what a server tells, a user edits and a draft keeps. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/** `value` as an object; undefined for what is none. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The member itself, never what every object inherits. */
export function memberOf(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** `value` with the members of `patch` in place of its own. A member called `__proto__` is one like any other. */
export function withPatch(value: JsonObject, patch: JsonObject): JsonObject {
  return Object.fromEntries([...Object.entries(value), ...Object.entries(patch)]);
}

/** Those members of `value` that `names` has. */
export function pick(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const member = memberOf(value, name);
      return member === undefined ? [] : [[name, member] as const];
    }),
  );
}
