/** The life of a customer as a table: for each status and each event what happens. A deletion is final. */
import type { CustomerStatus } from '../tables.ts';

export type CustomerEvent = 'suspend' | 'activate' | 'delete';

/** The status it has afterwards; the same one is nothing to do. */
export const customerTransitions: Readonly<
  Record<CustomerStatus, Readonly<Record<CustomerEvent, CustomerStatus | 'refused'>>>
> = {
  active: { suspend: 'suspended', activate: 'active', delete: 'deleted' },
  suspended: { suspend: 'suspended', activate: 'active', delete: 'deleted' },
  deleted: { suspend: 'refused', activate: 'refused', delete: 'deleted' },
};
