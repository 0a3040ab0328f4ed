/**
 * The state a gateway should be in, derived from one snapshot of truth. Pure: the same snapshot in any row order gives
 * an equal state. All or nothing: one row that cannot be used refuses the whole snapshot, with every problem listed,
 * because half a policy is a wrong policy.
 *
 * IPv4 and IPv6 of a session share one limit in each direction.
 */
import { HoldfastError } from '@holdfast/base';
import type { GatewaySnapshot } from '@holdfast/truth-db';
import type { Address } from './address.ts';
import type { ClassId } from './class-id.ts';
import { reportGatewayProblems } from './gateway-problems.ts';
import type { PolicyState } from './policy-state.ts';
import { type SessionPolicy, sessionPolicy } from './session-policy.ts';
import type { ReportProblem, SnapshotProblem } from './snapshot-problem.ts';
import { parseTcRate, type RateText } from './tc-rate.ts';

export type DesiredState = PolicyState;

/**
 * @throws HoldfastError TRUTH_INVALID - `details.problems` is the complete list of `SnapshotProblem`
 */
export function desiredState(snapshot: GatewaySnapshot): DesiredState {
  const problems: SnapshotProblem[] = [];
  const report: ReportProblem = (problem) => problems.push(problem);
  const { gateway, sessions } = snapshot;
  const draft: Draft = { restricted: new Set(), classOf: new Map(), classes: new Map() };
  const claimAddress = claims(report);
  const claimSlot = claims(report);

  reportGatewayProblems(gateway, report);
  for (const session of sessions) {
    const { vpnConnectionId, shapingSlot } = session;
    const policy = sessionPolicy(session, gateway, report);
    if (shapingSlot !== null && gateway.layout === 'shared-device')
      claimSlot(vpnConnectionId, 'shaping_slot', shapingSlot);
    for (const { column, address } of policy.addresses) claimAddress(vpnConnectionId, column, address);
    addPolicy(draft, policy);
  }
  if (problems.length > 0) throw refusal(gateway.name, problems);
  return draft;
}

interface Draft extends DesiredState {
  readonly restricted: Set<Address>;
  readonly classOf: Map<string, string>;
  readonly classes: Map<ClassId, RateText>;
}

function addPolicy(draft: Draft, { addresses, isRestricted, classOf, classes }: SessionPolicy): void {
  if (isRestricted) for (const { address } of addresses) draft.restricted.add(address);
  for (const [name, to] of classOf) draft.classOf.set(name, lower(draft.classOf.get(name), to));
  for (const [classId, rate] of classes) draft.classes.set(classId, lower(draft.classes.get(classId), rate));
}

/**
 * Classes and addresses are unique. A device can be named by two sessions: one of them is gone and nobody has said so. Until
 * truth knows which, the device gets the lower of the limits.
 */
function lower(one: string | undefined, other: string): string {
  if (one === undefined) return other;
  const [a, b] = [parseTcRate(one), parseTcRate(other)];
  return a !== undefined && b !== undefined && a < b ? one : other;
}

/** A value belongs to the first connection that claims it; every later one is a problem. */
function claims(report: ReportProblem): (connection: number, column: string, value: string | number) => void {
  const owners = new Map<string | number, number>();
  return (connection, column, value) => {
    const owner = owners.get(value);
    if (owner === undefined) owners.set(value, connection);
    else report({ connection, column, value, problem: `connection ${owner} has it as well` });
  };
}

function refusal(gateway: string, problems: readonly SnapshotProblem[]): HoldfastError {
  const [first] = problems;
  const where = first?.connection == null ? 'the gateway' : `connection ${first.connection}`;
  const what = `${where}: ${first?.column} ${JSON.stringify(first?.value)} ${first?.problem}`;
  const message = `truth of gateway ${gateway} has ${problems.length} problem(s), first ${what}`;
  return new HoldfastError('TRUTH_INVALID', message, { details: { gateway, problems } });
}
