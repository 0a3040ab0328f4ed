/** Which gateway a command works on. */
import { HoldfastError } from '@holdfast/base';
import { isGatewayName } from '@holdfast/truth-db/caller';

/**
 * @param names - of the gateways in truth
 * @param wanted - undefined for the only one
 * @throws HoldfastError CONFIG_INVALID - there is no such gateway, or none or several to choose from
 */
export function gatewayOf(names: readonly string[], wanted: string | undefined): string {
  const [first, second] = wanted === undefined ? names : names.filter((name) => name === wanted);
  if (first !== undefined && second === undefined) return usable(first);
  const listed = names.map((name) => JSON.stringify(name)).join(', ') || 'none';
  const what = wanted === undefined ? 'no single gateway to work on' : `no gateway named ${wanted}`;
  throw new HoldfastError('CONFIG_INVALID', `truth has ${what}; it has: ${listed}`, { details: { wanted } });
}

/** The name becomes part of file names: one that was written by other means than ours is not trusted. */
function usable(name: string): string {
  if (isGatewayName(name)) return name;
  throw new HoldfastError(
    'CONFIG_INVALID',
    `truth has a gateway of the impossible name ${JSON.stringify(name)}`,
    { details: { name } },
  );
}
