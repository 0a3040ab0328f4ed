/**
 * The answer of `/standing`: the last runs of the gateway and who has its lock, for those who may not read the files of this
 * machine. A small file and a list of the kernel's are read, no lock is taken and truth is not asked, so it is answered during
 * a run and while the database is away.
 */
import { type Clock, type ErrorCode, isHoldfastError, type Log } from '@holdfast/base';
import {
  type GatewayStanding,
  remembered,
  type SidePlace,
  standingLock,
  standingRuns,
} from '@holdfast/gateway-policy/explain';

export interface StandingDocument extends GatewayStanding {
  /** Null while nobody knows which one it is; then `runs` and `lock` are, too. */
  readonly gateway: string | null;
}

export interface StandingAnswerOptions {
  readonly place: SidePlace;
  readonly gatewayOf: () => string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long an answer serves those who ask next, in milliseconds. */
const memoryMs = 100;

export function standingAnswer(options: StandingAnswerOptions): () => Promise<StandingDocument> {
  const { place, gatewayOf, clock, log } = options;
  const told = new Map<string, ErrorCode>();
  /** What cannot be read is null, and told to the log when that is news. */
  const unlessRefused = async <Value>(what: string, look: Promise<Value>): Promise<Value | null> => {
    try {
      const value = await look;
      told.delete(what);
      return value;
    } catch (err) {
      if (!isHoldfastError(err)) throw err;
      if (told.get(what) !== err.code) log.warn({ what, code: err.code, err }, 'standing not read');
      told.set(what, err.code);
      return null;
    }
  };
  const look = async (): Promise<StandingDocument> => {
    const gateway = gatewayOf();
    if (gateway === null) return { gateway, runs: null, lock: null };
    const runs = await unlessRefused('runs', standingRuns(place, gateway));
    return { gateway, runs, lock: await unlessRefused('lock', standingLock(place, gateway)) };
  };
  return remembered(look, { clock, forMs: memoryMs });
}
