/** Customers as resources, and what can be done to them. A customer sees their own record. */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import {
  addCustomer,
  type CustomerEvent,
  type CustomerStatus,
  normalizeEmail,
  transitCustomer,
  type UtcTime,
} from '@holdfast/truth-db';
import { editResource } from '../change/edit-resource.ts';
import type { ResourceKind } from '../kind/resource-kind.ts';
import { rowId, tableKind } from '../kind/table-kind.ts';
import type { Change, Creation } from '../mutation.ts';
import type { Json, JsonObject } from '../request/json.ts';
import { mayAsOwner, type PanelRights, type PanelViewer } from './panel-viewer.ts';
import { connectionsOf } from './vpn-connection-kind.ts';

export interface CustomerValue {
  readonly email: string;
  readonly status: CustomerStatus;
  readonly created_at: UtcTime;
  readonly password_hash: string;
}

/** A customer as they are projected carries its id, because the panel knows its own by it. */
type CustomerKindValue = CustomerValue & { readonly id: number };
export type CustomerKind = ResourceKind<CustomerKindValue, PanelViewer>;

export function customerKind(rights: PanelRights): CustomerKind {
  const mayDo = mayAsOwner(rights);
  return tableKind<CustomerKindValue, PanelViewer>({
    name: 'customer',
    table: 'customers',
    fields: {
      id: {},
      email: { check: emailProblem },
      status: {},
      created_at: {},
      password_hash: { isSecret: true },
    },
    project: (value, viewer) =>
      viewer.role === 'admin' || viewer.customerId === value.id ? value : undefined,
    mayMutate: (viewer, operation, value) =>
      mayDo(viewer, operation) && (viewer.role === 'admin' || value?.status === 'active'),
    isDeleted: ({ status }) => status === 'deleted',
  });
}

/** The e-mail address, in the form in which truth keeps it. */
export function editCustomer(kind: CustomerKind, patch: JsonObject): Change<CustomerKindValue> {
  const edit = editResource(kind, patch);
  return async (context) => {
    if (context.stored.isDeleted === true) throw deletedCustomer(context.id);
    try {
      return await edit(context);
    } catch (error) {
      if (!isHoldfastError(error, 'TRUTH_INVALID') || error.details.constraint !== 'unique') throw error;
      throw new HoldfastError('EMAIL_TAKEN', 'a customer with this e-mail address is registered already', {
        cause: error,
      });
    }
  };
}

/** Suspend, activate, delete, with all connections of the customer. */
export function customerEvent(event: CustomerEvent): Change<CustomerValue> {
  return async ({ trx, id, stored: { version } }) => {
    const customerId = rowId(id) ?? 0;
    const { isChanged, gateways } = await transitCustomer(trx, { customerId, event, version });
    if (!isChanged) return { isUnchanged: true };
    const tags = [connectionsOf(customerId), 'vpn_connection'];
    return { triggers: { gateways, reason: 'panel' }, tags, isDeletion: event === 'delete' };
  };
}

/** @param hash - as `PasswordHasher.hash` makes it, before the transaction: it takes longer than all of that */
export function setPasswordHash(kind: CustomerKind, hash: string): Change<CustomerValue> {
  return async ({ trx, id, stored }) => {
    if (stored.isDeleted === true) throw deletedCustomer(id);
    if (await kind.update(trx, id, stored.version, { password_hash: hash })) return {};
    throw new HoldfastError('VERSION_CONFLICT', `customer ${id} was changed meanwhile`);
  };
}

/** An active customer; the hash is made before, as for `setPasswordHash`. */
export function register(customer: {
  readonly email: string;
  readonly passwordHash: string;
}): Creation<CustomerValue, PanelViewer>['create'] {
  return async ({ trx, at }) => ({ id: String(await addCustomer(trx, { ...customer, at })) });
}

function deletedCustomer(id: string): HoldfastError {
  return new HoldfastError('CUSTOMER_DELETED', `customer ${id} was deleted`, { details: { id } });
}

function emailProblem(value: Json): string | undefined {
  try {
    return typeof value === 'string' && normalizeEmail(value) === value ? undefined : 'EMAIL_INVALID';
  } catch (error) {
    if (isHoldfastError(error, 'EMAIL_INVALID')) return 'EMAIL_INVALID';
    throw error;
  }
}
