/** From the text that arrived to a validated value. Everything that is wrong with it is told, nothing is guessed. */
import { HoldfastError } from '@holdfast/base';
import type { z } from 'zod';
import { printableUrl, sourceError } from './source-error.ts';

/** So many problems show the pattern. */
const mostIssues = 10;

/** @throws HoldfastError SOURCE_INVALID */
export function parseJson(address: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = /^\s*</.test(text)
      ? 'answered with HTML or XML, not with JSON'
      : 'is not JSON, or not all of it';
    throw sourceError('SOURCE_INVALID', address, `${what} (${text.length} characters)`, { cause });
  }
}

/** @throws HoldfastError SOURCE_INVALID - `details.issues` */
export function parseArrived<Schema extends z.ZodType>(
  address: string,
  text: string,
  schema: Schema,
): z.infer<Schema> {
  const result = schema.safeParse(parseJson(address, text));
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, mostIssues).map(({ path, message }) => ({
    path: `/${path.map(String).join('/')}`,
    message,
  }));
  throw new HoldfastError('SOURCE_INVALID', `${printableUrl(address)} does not have the expected form`, {
    details: { source: printableUrl(address), issues },
  });
}
