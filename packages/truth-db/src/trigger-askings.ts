/** The statements of `trigger.ts` and of a caller that waits: how an id is allotted, how a trigger is recorded. */
import type { Asking } from './asking.ts';
import type { EngineWords } from './engine-words.ts';
import { unknownGateway } from './unknown-gateway.ts';
import { encodeTime, type Moment } from './utc-time.ts';

export interface Trigger {
  readonly gateway: string;
  /** Why something should be looked at: `ip-up`, `panel`, `timer`, … */
  readonly reason: string;
  /** The connection that changed, when the trigger knows it. It need not exist any more. */
  readonly vpnConnectionId?: number | undefined;
  readonly at: Moment;
}

/**
 * To be asked last in a writing transaction.
 *
 * @returns the id of the trigger
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export function* recordingOf(trigger: Trigger, words: EngineWords): Asking<number> {
  const { gateway, reason, vpnConnectionId = null, at } = trigger;
  const id = yield* allotting(gateway, 1, words);
  yield {
    text: 'insert into policy_triggers (gateway, id, reason, vpn_connection_id, created_at) values (?, ?, ?, ?, ?)',
    parameters: [gateway, id, reason, vpnConnectionId, encodeTime(at)],
  };
  return id;
}

/**
 * @returns the last of `count` ids that nobody else gets
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export function* allotting(gateway: string, count: number, words: EngineWords): Asking<number> {
  const allotted = yield* countingUp(gateway, count, words);
  if (allotted !== undefined) return allotted;
  yield* addingCounter(gateway, words);
  const first = yield* countingUp(gateway, count, words);
  if (first === undefined) throw unknownGateway(gateway);
  return first;
}

/**
 * Adds the counter of a gateway that has none, in one statement, so that of two transactions one adds it and the other
 * counts on. It begins where ids may have been used: above every trigger that is there and every one that a run covered.
 */
export function* addingCounter(gateway: string, words: EngineWords): Asking<void> {
  const [newest] = yield {
    text: 'select max(id) as id from policy_triggers where gateway = ?',
    parameters: [gateway],
  };
  const [state] = yield {
    text: 'select covered from gateway_state where gateway = ?',
    parameters: [gateway],
  };
  const used = Math.max(Number(newest?.id ?? 0), Number(state?.covered ?? 0));
  yield {
    text: `insert into trigger_counters (gateway, last_id) select name, ? from gateways where name = ? ${words.onDuplicate('gateway')} last_id = trigger_counters.last_id`,
    parameters: [used, gateway],
  };
}

/** @returns what the counter stands at now, undefined when there is none */
function* countingUp(gateway: string, count: number, words: EngineWords): Asking<number | undefined> {
  yield {
    text: 'update trigger_counters set last_id = last_id + ? where gateway = ?',
    parameters: [count, gateway],
  };
  const [row] = yield {
    text: `select last_id from trigger_counters where gateway = ? ${words.forUpdate}`,
    parameters: [gateway],
  };
  return row === undefined ? undefined : Number(row.last_id);
}
