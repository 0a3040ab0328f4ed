/** A moment that a request gives, as the database takes it: what is before or behind its years is their first or last moment. */
import { encodeTime, type UtcTime } from '@holdfast/truth-db';

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** @param ms - milliseconds since the Unix epoch, of any size */
export function givenTime(ms: number): UtcTime {
  return encodeTime(Math.min(Math.max(ms, 0), lastMs));
}
