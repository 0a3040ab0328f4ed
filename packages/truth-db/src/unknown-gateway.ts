import { HoldfastError } from '@holdfast/base';

/** The error for a gateway name that truth does not have. */
export function unknownGateway(gateway: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `truth has no gateway ${gateway}`, { details: { gateway } });
}
