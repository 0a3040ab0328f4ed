/**
 * What stands in a control, and what it means. Nothing that is typed gets lost on the way: what is no value of its kind stays the
 * text it is, and is told as wrong when it is saved.
 */
import type { Json } from '@holdfast/optimistic-client';

export type ControlKind = 'text' | 'number';

/** An empty control is no value. */
export function valueOfControl(kind: ControlKind, typed: string): Json {
  if (typed === '') return null;
  const number = Number(typed);
  // Only what would be shown as the same text again: `010`, `1e3` and ` 10` are what somebody is still typing.
  return kind === 'number' && Number.isSafeInteger(number) && String(number) === typed ? number : typed;
}

export function controlOfValue(value: Json | undefined): string {
  return typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? ''
      : JSON.stringify(value);
}
