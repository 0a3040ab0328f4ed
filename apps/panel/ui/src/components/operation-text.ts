/** Names of operations for people. The log has them as the API does: `PATCH /v1/connections/{id}`. */
import type { PlainTextKey } from '../i18n/text.ts';

const texts: { readonly [operation: string]: PlainTextKey } = {
  'POST /v1/customers': 'operation.customer.register',
  'PATCH /v1/customers/{id}': 'operation.customer.edit',
  'DELETE /v1/customers/{id}': 'operation.customer.delete',
  'POST /v1/customers/{id}/suspend': 'operation.customer.suspend',
  'POST /v1/customers/{id}/activate': 'operation.customer.activate',
  'POST /v1/customers/{id}/password': 'operation.customer.password',
  'POST /v1/connections': 'operation.connection.provision',
  'POST /v1/claims': 'operation.connection.claim',
  'PATCH /v1/connections/{id}': 'operation.connection.edit',
  'PATCH /v1/connections/{id} (limits)': 'operation.connection.edit',
  'POST /v1/connections/{id}/restrict': 'operation.connection.restrict',
  'POST /v1/connections/{id}/lift': 'operation.connection.lift',
  'POST /v1/connections/{id}/disable': 'operation.connection.disable',
  'POST /v1/connections/{id}/enable': 'operation.connection.enable',
  'POST /v1/connections/{id}/reset-grace': 'operation.connection.reset-grace',
  'POST /v1/connections/{id}/extend-deadline': 'operation.connection.extend-deadline',
  'POST /v1/connections/{id}/renew-secret': 'operation.connection.renew-secret',
  'POST /v1/sessions/{id}/release': 'operation.session.release',
};

/** @returns undefined for one that has no name: then it is shown as it is */
export function operationKey(operation: string): PlainTextKey | undefined {
  return Object.hasOwn(texts, operation) ? texts[operation] : undefined;
}
