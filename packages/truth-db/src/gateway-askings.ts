/** The statements with which a caller finds its gateway, and whether its trigger is live there. */
import type { Asking } from './asking.ts';
import { unknownGateway } from './unknown-gateway.ts';

/** @returns the names of all gateways, sorted */
export function* namingGateways(): Asking<readonly string[]> {
  const rows = yield { text: 'select name from gateways order by name', parameters: [] };
  return rows.map(({ name }) => String(name));
}

/**
 * @returns the trigger id up to which a gateway is known to be live
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export function* coverOf(gateway: string): Asking<number> {
  const [row] = yield {
    text: 'select covered from gateways left join gateway_state on gateway_state.gateway = gateways.name where name = ?',
    parameters: [gateway],
  };
  if (row === undefined) throw unknownGateway(gateway);
  return Number(row.covered ?? 0);
}
