/** What the server takes as an e-mail address, as far as it is worth saying before it is asked. */
export const longestEmail = 254;

/** One `@` with something on both sides: who an address belongs to is found out by writing to it. */
export function isEmail(value: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(value) && value.length <= longestEmail;
}
