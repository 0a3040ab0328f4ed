/**
 * Operations by their names, method and route, as receipts, the log of changes and permissions know them. An owner may do those
 * listed here to what is theirs; everything else to a connection, a session or a customer takes an admin.
 */
export const operations = {
  registerCustomer: 'POST /v1/customers',
  editCustomer: 'PATCH /v1/customers/{id}',
  deleteCustomer: 'DELETE /v1/customers/{id}',
  suspendCustomer: 'POST /v1/customers/{id}/suspend',
  activateCustomer: 'POST /v1/customers/{id}/activate',
  setPassword: 'POST /v1/customers/{id}/password',
  provision: 'POST /v1/connections',
  claim: 'POST /v1/claims',
  rename: 'PATCH /v1/connections/{id}',
  /** The same route, where limits are among what is sent. */
  editLimits: 'PATCH /v1/connections/{id} (limits)',
  restrict: 'POST /v1/connections/{id}/restrict',
  lift: 'POST /v1/connections/{id}/lift',
  disable: 'POST /v1/connections/{id}/disable',
  enable: 'POST /v1/connections/{id}/enable',
  resetGrace: 'POST /v1/connections/{id}/reset-grace',
  extendDeadline: 'POST /v1/connections/{id}/extend-deadline',
  renewSecret: 'POST /v1/connections/{id}/renew-secret',
  releaseSession: 'POST /v1/sessions/{id}/release',
} as const;

export const ownerMay: readonly string[] = [
  operations.claim,
  operations.rename,
  operations.renewSecret,
  operations.releaseSession,
];
