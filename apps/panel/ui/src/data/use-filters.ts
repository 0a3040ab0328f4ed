/** Filters of a list live in the address: it can be sent to somebody, and going back brings them back. */
import { useSearchParams } from 'wouter';

export interface Filters<Name extends string> {
  /** Empty where it is not set. */
  readonly values: { readonly [Filter in Name]: string };
  /** Undefined where it is not set, as queries want it. */
  readonly given: { readonly [Filter in Name]?: string };
  readonly isSet: boolean;
  set(name: Name, value: string): void;
  clear(): void;
}

export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  const [search, setSearch] = useSearchParams();
  const entries = names.map((name) => [name, search.get(name) ?? ''] as const);
  const given = entries.filter(([, value]) => value !== '');
  return {
    values: Object.fromEntries(entries) as { readonly [Filter in Name]: string },
    given: Object.fromEntries(given) as { readonly [Filter in Name]?: string },
    isSet: given.length > 0,
    set: (name, value) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    clear: () =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const name of names) next.delete(name);
          return next;
        },
        { replace: true },
      ),
  };
}
