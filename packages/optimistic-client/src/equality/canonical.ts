/**
 * One text for all spellings of a value: two values are the same exactly when their texts are. Neither `===`, for which an
 * address written in another way is another address, nor truth, for which `0`, `''`, `false` and `null` are one.
 */

import type { Field, Fields, Scalar } from '../merge/record-schema.ts';
import { type Json, memberOf } from '../record/json.ts';
import { canonicalNumber } from './decimal.ts';
import { canonicalInstant } from './instant.ts';
import { canonicalAddress, canonicalInterface, canonicalNetwork } from './ip-address.ts';

/** A value that is there, or undefined for a member that is not. */
export type Value = Json | undefined;

/** The texts of kinds begin with different letters, so that a value of the kind is never the same as one that is none. */
export function canonical(field: Field, value: Value): string {
  if (value === undefined) return 'absent';
  if (field.kind === 'set' && Array.isArray(value)) return `set [${setOf(field.of, value)}]`;
  if (field.kind === 'list' && Array.isArray(value)) {
    return `list [${value.map((item: Json) => canonicalItem(field.item, item)).join(',')}]`;
  }
  if (field.kind === 'set' || field.kind === 'list') return canonicalJson(value);
  return canonicalScalar(field.kind === 'secret' ? { kind: 'exact' } : field, value);
}

/** Whether two values of `field` mean the same. */
export function isSame(field: Field, one: Value, other: Value): boolean {
  return canonical(field, one) === canonical(field, other);
}

/** An item of a list: its named members by their kinds, the others as they are. */
export function canonicalItem(fields: Fields, item: Json): string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return canonicalJson(item);
  const object = item as { readonly [name: string]: Json };
  const members = Object.keys(object)
    .toSorted()
    .map((name) => {
      const field: Field = Object.hasOwn(fields, name) ? (fields[name] ?? exact) : exact;
      return `${JSON.stringify(name)}:${canonical(field, memberOf(object, name))}`;
    });
  return `{${members.join(',')}}`;
}

/** Of a value of a kind that has no order and no items. */
export function canonicalScalar(scalar: Scalar, value: Json): string {
  switch (scalar.kind) {
    case 'text':
      return typeof value === 'string' ? writtenText(value, scalar.trim) : canonicalJson(value);
    case 'long-text':
      return typeof value === 'string' ? writtenText(sameLineEnds(value)) : canonicalJson(value);
    case 'number':
      return canonicalNumber(value) ?? asWritten(value);
    case 'instant':
      return canonicalInstant(value) ?? asWritten(value);
    case 'exact':
      return canonicalJson(value);
    default:
      return typeof value === 'string'
        ? (normalForms[scalar.kind](value.trim()) ?? writtenText(value))
        : canonicalJson(value);
  }
}

/** Of kinds that are texts with several spellings; undefined for a text that is none of them. */
const normalForms = {
  ip: canonicalAddress,
  cidr: canonicalNetwork,
  interface: canonicalInterface,
  mac: canonicalMac,
  email: (text: string) => `email ${text.normalize('NFKC').toLowerCase()}`,
} as const satisfies { readonly [kind: string]: (text: string) => string | undefined };

const exact: Field = { kind: 'exact' };

function setOf(of: Scalar, values: readonly Json[]): string {
  return [...new Set(values.map((value) => canonicalScalar(of, value)))].toSorted().join(',');
}

function writtenText(text: string, trim?: 'none'): string {
  return JSON.stringify((trim === 'none' ? text : text.trim()).normalize('NFC'));
}

function sameLineEnds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** Of a value that is none of its kind. */
function asWritten(value: Json): string {
  return typeof value === 'string' ? writtenText(value) : canonicalJson(value);
}

function canonicalMac(text: string): string | undefined {
  const isMac =
    /^[0-9a-f]{12}$/i.test(text) ||
    /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text) ||
    /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i.test(text);
  return isMac ? `mac ${text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()}` : undefined;
}

/** JSON with sorted members. */
function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '0' : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
