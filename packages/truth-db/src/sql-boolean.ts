/** The one place where a claim becomes what the database stores. */
import type { SqlBoolean } from './tables.ts';

/** 1 for true, 0 for false. */
export function sqlBoolean(value: boolean): SqlBoolean {
  return value ? 1 : 0;
}
