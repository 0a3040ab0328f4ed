/** What answers a path: it is given the body and when the request came, and gives an answer or a failure. */
import { isHoldfastError } from '@holdfast/base';
import { sessionKeyOf } from '@holdfast/truth-db';
import type { NasGateway } from '../gateways.ts';
import type { BatchQueue } from '../login/batch-queue.ts';
import type { LoginJob, LoginResult } from '../login/login-job.ts';
import type { LookedUp, LookUpJob } from '../login/run-look-ups.ts';
import type { WithdrawnRequests } from '../login/withdrawn-requests.ts';
import type { Mapper } from '../mapper.ts';
import { type LoginReason, refusalOfSender } from '../policy/login-policy.ts';
import { type Refusal, refusalText } from '../policy/refusal.ts';
import { type Answer, refused } from '../reply/answer.ts';
import type { RadiusRequest } from '../request/radius-request.ts';

export interface RouteGround {
  readonly mapper: Mapper;
  readonly logins: BatchQueue<LoginJob, LoginResult>;
  readonly lookUps: BatchQueue<LookUpJob, LookedUp>;
  readonly withdrawn: WithdrawnRequests;
}

/**
 * @param sinceMs - when the first line of the request came, on the monotonic clock
 * @throws HoldfastError REQUEST_INVALID - the body is not one that FreeRADIUS sends
 * @throws HoldfastError - truth is away, or anything else that ends without an answer
 */
export type Route = (ground: RouteGround, body: Buffer, sinceMs: number) => Promise<Answer>;

export type Sender =
  | { readonly kind: 'known'; readonly sessionKey: string; readonly gateway: NasGateway }
  | { readonly kind: 'refused'; readonly because: Refusal };

/**
 * Which device asks, through which gateway.
 *
 * @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_BUSY - an address that is not in memory cannot be looked up
 */
export async function senderOf({ gateways }: Mapper, request: RadiusRequest): Promise<Sender> {
  const sessionKey = keyOf(request);
  const gateway = sessionKey === undefined ? undefined : await gateways.gatewayOf(request.src);
  if (sessionKey !== undefined && gateway !== undefined) return { kind: 'known', sessionKey, gateway };
  return { kind: 'refused', because: refusalOfSender({ isComplete: sessionKey !== undefined }) };
}

/** Undefined when the request lacks a part of it. */
function keyOf({ nasIp, src, caller, user }: RadiusRequest): string | undefined {
  try {
    return sessionKeyOf({
      nasIpAddress: nasIp === '' ? src : nasIp,
      callingStationId: caller,
      userName: user,
    });
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID')) return undefined;
    throw error;
  }
}

/** Counts and logs a refusal; what its user is told is that of the table unless `text` says more. */
export function refuse(
  { metrics, log }: Mapper,
  reason: LoginReason,
  {
    request,
    because,
    text = refusalText(because),
  }: { readonly request: RadiusRequest; readonly because: Refusal; readonly text?: string },
): Answer {
  metrics.add('holdfast_radius_rejects_total', 1, { reason: because });
  const { user, src, nasId, caller } = request;
  log.info({ reason: because, request: reason.kind, user, src, nasId, caller }, 'login refused');
  return refused(text);
}

/** When FreeRADIUS will have given up waiting, on the monotonic clock. */
export function deadlineOf({ settings }: Mapper, sinceMs: number): number {
  return sinceMs + settings.clientTimeoutMs;
}
