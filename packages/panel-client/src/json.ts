/** Values as JSON knows them; the same shapes as those of `@holdfast/optimistic-client`, so that they pass from one to the other. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/** `value` as an object; undefined for what is none. */
export function asObject(value: unknown): { readonly [name: string]: unknown } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: unknown })
    : undefined;
}
