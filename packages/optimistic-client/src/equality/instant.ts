/** Instants by the moment they name, whatever the zone they are written in. A day without a time names none. */
import type { Json } from '../record/json.ts';

const form = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/** @returns seconds since the Unix epoch and the digits behind them, so that no digit is lost; undefined for what is no instant */
export function canonicalInstant(value: Json): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? fromMilliseconds(value) : undefined;
  const parts = form.exec(String(value).trim());
  if (parts === null || typeof value !== 'string') return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (!isDate({ year, month, day }) || hour > 23 || minute > 59 || second > 59) return undefined;
  const seconds = daysBefore({ year, month, day }) * 86_400 + hour * 3_600 + minute * 60 + second;
  return written(seconds - offsetSeconds(parts[8]), parts[7] ?? '');
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function fromMilliseconds(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return written(seconds, String(Math.round(ms - seconds * 1_000)).padStart(3, '0'));
}

function written(seconds: number, fraction: string): string {
  return `instant ${seconds}.${fraction.replace(/0+$/, '')}`;
}

function offsetSeconds(zone: string | undefined): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60);
}

function isDate({ year, month, day }: Day): boolean {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

/**
 * Days since 1 January 1970 of the proleptic Gregorian calendar.
 *
 * @see https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
function daysBefore({ year, month, day }: Day): number {
  // Years begin in March here, so that the leap day is their last.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
