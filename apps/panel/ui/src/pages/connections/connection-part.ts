/**
 * The two parts of a connection that are changed: what its form has, and its state, which actions change.
 *
 * Both rates are one group: they are what was sold together, and half of one tariff beside half of another is a third one that
 * nobody chose, though the server would take it. So where two people changed them, one of both pairs is chosen as a whole.
 */
import type { Issue, JsonObject, RecordSchema } from '@holdfast/optimistic-client';
import type { Role } from '@holdfast/panel-client/schema';
import type { RecordPart } from '../../edit/record/record-part.ts';

export const connectionKind = 'vpn_connection';
/** As the server checks them. */
export const labelLength = 120;
export const leastKbit = 8;
export const mostKbit = 34_359_738;

const adminSchema: RecordSchema = {
  fields: { label: { kind: 'text' }, down_kbit: { kind: 'number' }, up_kbit: { kind: 'number' } },
  groups: { rates: ['down_kbit', 'up_kbit'] },
};
/** A customer sees the rates and cannot change them. */
const customerSchema: RecordSchema = { fields: { label: { kind: 'text' } } };

const stateSchema: RecordSchema = {
  fields: {
    status: { kind: 'exact' },
    restricted_reason: { kind: 'exact' },
    claim_deadline: { kind: 'instant' },
    // No values of the record but wishes: nobody else can have changed them.
    grace: { kind: 'exact' },
    radius_secret: { kind: 'exact' },
  },
};

export interface ConnectionParts {
  readonly form: RecordPart;
  readonly state: RecordPart;
}

const pathOf = (id: string) => `/v1/connections/${encodeURIComponent(id)}`;

const formOf = (schema: RecordSchema): RecordPart => ({
  name: connectionKind,
  kind: connectionKind,
  mode: 'form',
  schema,
  schemaV: 1,
  validate: connectionIssues,
  write: (id, input) => ({ method: 'PATCH', path: pathOf(id), input }),
});

const state: RecordPart = {
  name: `${connectionKind}/state`,
  kind: connectionKind,
  mode: 'action',
  schema: stateSchema,
  schemaV: 1,
  tellsOnce: (patch) => patch.radius_secret !== undefined,
  write: (id, patch) => {
    const found = operationOf(patch);
    if (found === undefined) throw new Error('this is no change of the state of a connection');
    const { operation, input = {} } = found;
    return { method: 'POST', path: `${pathOf(id)}/${operation}`, input };
  },
};

const partsOf: Readonly<Record<Role, ConnectionParts>> = {
  admin: {
    form: {
      ...formOf(adminSchema),
      create: (input) => ({ method: 'POST', path: '/v1/connections', input }),
    },
    state,
  },
  customer: { form: formOf(customerSchema), state },
};

/** Always the same ones for a role. */
export function connectionParts(role: Role): ConnectionParts {
  return partsOf[role];
}

/** What the server would refuse, under the codes that it uses. */
export function connectionIssues({ label, down_kbit: down, up_kbit: up }: JsonObject): readonly Issue[] {
  const issues: Issue[] = [];
  if (typeof label === 'string' && label.trim() === '') issues.push({ path: '/label', code: 'not-a-label' });
  if (typeof label === 'string' && label.length > labelLength)
    issues.push({ path: '/label', code: 'too-long' });
  for (const [name, rate] of Object.entries({ down_kbit: down, up_kbit: up })) {
    if (!isRate(rate)) issues.push({ path: `/${name}`, code: 'not-a-rate' });
  }
  return issues;
}

function isRate(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return Number.isSafeInteger(value) && Number(value) >= leastKbit && Number(value) <= mostKbit;
}

export type ConnectionOperation =
  | 'restrict'
  | 'lift'
  | 'extend-deadline'
  | 'reset-grace'
  | 'renew-secret'
  | 'disable'
  | 'enable';

/** Which operation makes this change of the state; undefined for none of it. */
export function operationOf(
  patch: JsonObject,
): { readonly operation: ConnectionOperation; readonly input?: JsonObject } | undefined {
  if (patch.restricted_reason === null) return { operation: 'lift' };
  if (patch.restricted_reason !== undefined) {
    return { operation: 'restrict', input: { reason: patch.restricted_reason } };
  }
  if (patch.claim_deadline !== undefined) {
    return { operation: 'extend-deadline', input: { until: patch.claim_deadline } };
  }
  if (patch.grace !== undefined) return { operation: 'reset-grace' };
  if (patch.radius_secret !== undefined) return { operation: 'renew-secret' };
  if (patch.status === undefined) return undefined;
  return { operation: patch.status === 'DISABLED' ? 'disable' : 'enable' };
}
