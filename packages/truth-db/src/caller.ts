/** What a caller of a policy run needs of truth until it has the lock, without the query builder. */
export { CallerTruth, type CallerTruthOptions } from './caller-truth.ts';
export { isGatewayName } from './gateway-name.ts';
export type { Trigger } from './trigger-askings.ts';
export { isServerUrl } from './truth-url.ts';
