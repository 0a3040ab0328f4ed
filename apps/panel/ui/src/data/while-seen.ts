/** How often something is asked for that no event is about, while somebody looks at the page. */
export const lookEveryMs = 1_000;
/** After a failure: whoever does not answer is not asked every second. */
const calmAfterErrorMs = 5_000;

/** For `refetchInterval`. */
export function whileSeen({ state }: { readonly state: { readonly status: string } }): number {
  return state.status === 'error' ? calmAfterErrorMs : lookEveryMs;
}
