/** What is typed for a new connection, and the body it becomes: what is left empty is not sent. Pure. */
import type { Issue, JsonObject } from '@holdfast/optimistic-client';
import { valueOfControl } from '../../edit/record/typed-value.ts';
import { connectionIssues } from './connection-part.ts';

const names = ['label', 'radius_username', 'static_ip', 'down_kbit', 'up_kbit'] as const;

export type TypedConnection = { readonly [Name in (typeof names)[number]]: string };

export const emptyConnection: TypedConnection = {
  label: '',
  radius_username: '',
  static_ip: '',
  down_kbit: '',
  up_kbit: '',
};

export function newConnectionBody(typed: TypedConnection): JsonObject {
  const filled = names.flatMap((name) => {
    const kind = name === 'down_kbit' || name === 'up_kbit' ? 'number' : 'text';
    const value = valueOfControl(kind, typed[name].trim());
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(filled);
}

/** What can be told before it is sent; what an address is, the server knows. */
export function newConnectionIssues(body: JsonObject): readonly Issue[] {
  const { radius_username: user } = body;
  const isLong = typeof user === 'string' && user.length > 191;
  return [...connectionIssues(body), ...(isLong ? [{ path: '/radius_username', code: 'too-long' }] : [])];
}
