/**
 * Numbers by their digits, not by their value as a double: `9007199254740993` in a text is not `9007199254740992`.
 */
import type { Json } from '../record/json.ts';

/** @returns undefined for what is no decimal number: `''`, `null`, `true`, `'1e3'`, `'0x10'` */
export function canonicalNumber(value: Json): string | undefined {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written !== 'string') return undefined;
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(written.trim()) ?? [];
  if (whole === '') return typeof value === 'number' ? `number ${written}` : undefined;
  const digits = [whole.replace(/^0+(?=\d)/, ''), fraction.replace(/0+$/, '')]
    .filter((part) => part !== '')
    .join('.');
  return `number ${sign === '-' && digits !== '0' ? '-' : ''}${digits}`;
}
