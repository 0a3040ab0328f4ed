/** Command lines, hosts and purposes are foreign input on their way to a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
