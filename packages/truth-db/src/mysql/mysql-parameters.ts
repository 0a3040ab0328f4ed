/**
 * JavaScript values as parameters for mysql2, and what comes back as JavaScript values. mysql2 would take an object for a
 * list of assignments and a Date for local time, and the server would round a fraction: so the same list of kinds decides
 * as for SQLite. A text of the form of `UtcTime` becomes what DATETIME reads, and a DATETIME becomes that text.
 */
import { HoldfastError } from '@holdfast/base';
import { bindable } from '../bindable.ts';

const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const utcTimeLength = 24;
/** Of the protocol: TIMESTAMP, DATETIME. */
const timeTypes: ReadonlySet<number | undefined> = new Set([7, 12]);

export interface ResultField {
  readonly name: string;
  readonly columnType?: number | undefined;
}

/**
 * @throws HoldfastError INTERNAL - a value of another kind than null, string, number, 64-bit bigint, Uint8Array
 * @throws HoldfastError TRUTH_INVALID - a number with a fraction: no column of truth takes one, and the server would round
 */
export function mysqlParameters(parameters: readonly unknown[]): unknown[] {
  return parameters.map((given, index) => {
    const value = bindable(given, index);
    if (typeof value === 'string') return isUtcTime(value) ? serverTime(value) : value;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (typeof value === 'number' && !Number.isInteger(value)) throw refusedFraction(index);
    return value;
  });
}

/** Changes the times of `rows` in place. */
export function readTimes<Row>(rows: Row[], fields: readonly ResultField[]): Row[] {
  const times = fields.filter(({ columnType }) => timeTypes.has(columnType)).map(({ name }) => name);
  if (times.length === 0) return rows;
  for (const row of rows as Record<string, unknown>[]) {
    for (const name of times) {
      const value = row[name];
      if (typeof value === 'string') row[name] = utcTimeOf(value);
    }
  }
  return rows;
}

function isUtcTime(text: string): boolean {
  return text.length === utcTimeLength && utcTime.test(text);
}

/** `YYYY-MM-DD HH:MM:SS.sss`. MySQL and MariaDB do not read the Z, and mean the time of no zone at all. */
function serverTime(text: string): string {
  return `${text.slice(0, 10)} ${text.slice(11, 23)}`;
}

function utcTimeOf(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 23).padEnd(8, '0').padEnd(9, '.').padEnd(12, '0')}Z`;
}

function refusedFraction(index: number): HoldfastError {
  return new HoldfastError('TRUTH_INVALID', `parameter ${index + 1} of a statement has a fraction`, {
    details: { parameter: index + 1, constraint: 'data-type' },
  });
}
