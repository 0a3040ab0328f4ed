/** The short name of who is logged in: `a1` is an admin, `c5` a customer. It stands in tokens, families, receipts and logs. */
import type { Role } from '@holdfast/panel-client/schema';

export interface Principal {
  readonly role: Role;
  readonly id: number;
}

const letters = { admin: 'a', customer: 'c' } as const;

export function principalOf({ role, id }: Principal): string {
  return `${letters[role]}${id}`;
}

/** @returns undefined for what names nobody; there is one spelling for each */
export function parsePrincipal(text: string): Principal | undefined {
  const [, letter, digits = ''] = /^([ac])([1-9]\d{0,15})$/.exec(text) ?? [];
  const id = Number(digits);
  if (letter === undefined || !Number.isSafeInteger(id)) return undefined;
  return { role: letter === letters.admin ? 'admin' : 'customer', id };
}
