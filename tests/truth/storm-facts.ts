/** What the processes of a storm and the test that starts them both know. */
export const at = Date.UTC(2026, 0, 10);
/** Of every connection that is provisioned then. */
export const deadline = at + 180 * 86_400_000;
/** Changes that each process of `expectAgreement` makes. */
export const changesEach = 40;

/** The claim token of a connection. */
export function tokenOf(id: number): string {
  return `token-${id}`;
}
