/** The panel's API from outside. Types of what it takes and answers; the schemas themselves are at `@holdfast/panel-client/schema`. */
export type { ClientClock } from './client-clock.ts';
export type { FollowOptions } from './events/follow-events.ts';
export type { Json, JsonObject } from './json.ts';
export { newMutationId } from './mutation-id.ts';
export {
  type MutationRequest,
  PanelClient,
  type PanelClientOptions,
  type ReadOptions,
} from './panel-client.ts';
export { PanelError } from './panel-error.ts';
export { type HttpAnswer, isUnreachable } from './request/http-answer.ts';
export type {
  AuditEntry,
  AuditPage,
  AuditQuery,
  Captcha,
  Connection,
  ConnectionChanged,
  ConnectionItem,
  ConnectionPage,
  ConnectionQuery,
  ConnectionValue,
  Customer,
  CustomerChanged,
  CustomerItem,
  CustomerPage,
  CustomerQuery,
  CustomerValue,
  DeletedConflict,
  Device,
  Drift,
  Gateway,
  GatewayDetail,
  GatewayLock,
  Granted,
  Kernel,
  Login,
  Me,
  PanelEvent,
  PanelProblem,
  Role,
  Run,
  Session,
  SessionPage,
  SessionQuery,
  SessionReleased,
  VersionConflict,
} from './schema.ts';
