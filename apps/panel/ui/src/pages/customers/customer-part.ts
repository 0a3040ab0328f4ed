/** What of a customer is edited in a form: the e-mail. Everything else is done by actions, which ask first. */
import type { Issue, JsonObject } from '@holdfast/optimistic-client';
import type { RecordPart } from '../../edit/record/record-part.ts';
import { isEmail } from './email.ts';

export const customerPart: RecordPart = {
  name: 'customer',
  kind: 'customer',
  mode: 'form',
  schema: { fields: { email: { kind: 'email' } } },
  schemaV: 1,
  validate: customerIssues,
  write: (id, input) => ({ method: 'PATCH', path: `/v1/customers/${encodeURIComponent(id)}`, input }),
};

/** What the server would refuse, under the code that it uses. */
export function customerIssues({ email }: JsonObject): readonly Issue[] {
  return typeof email === 'string' && isEmail(email.trim()) ? [] : [{ path: '/email', code: 'not-an-email' }];
}
