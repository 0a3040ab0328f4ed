/**
 * Any text as an SQL literal that needs no escaping, whatever the server's mode makes of quotes and backslashes. Names of
 * locks and numbers are written as they are.
 */
export function sqlText(text: string): string {
  return `_utf8mb4 X'${Buffer.from(text.toWellFormed(), 'utf8').toString('hex')}'`;
}
