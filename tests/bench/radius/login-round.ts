/** One round: so many logins of different users, so many at a time, and the CPU time that each process took for them. */
import { prepareLoad } from '../../support/radius-load.ts';
import { cpuTimeMs } from './cpu-time.ts';

/** A RADIUS server that can be logged in at, and what it consists of. */
export interface LoginServer {
  readonly name: string;
  readonly port: number;
  /** Process ids by name. */
  readonly processes: Readonly<Record<string, number>>;
  /** Logins per second as a multiple of the peer's, from the design. */
  readonly target?: number;
  /** As if nobody had logged in yet. */
  reset(): Promise<void>;
}

export interface LoginRound {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Microseconds of CPU for one login, by process; that of the load is `load`. */
  readonly cpuMicros: Readonly<Record<string, number>>;
}

export interface LoginRoundOptions {
  readonly password: string;
  readonly secret: string;
  readonly logins: number;
  readonly firstUser: number;
  readonly inFlight: number;
}

/** A server that is started just now, on a machine that is busy, may take too long for a few of the first. */
const mostTries = 3;

/**
 * A round in which every login was accepted at once; one in which some were not is repeated, and `tell` hears of it.
 *
 * @throws Error when there was none: a wrong answer is no figure
 */
export async function loginRound(
  server: LoginServer,
  options: LoginRoundOptions,
  tell: (line: string) => void,
): Promise<LoginRound> {
  for (let tries = 1; ; tries += 1) {
    const result = await tryRound(server, options);
    if (typeof result !== 'string') return result;
    if (tries === mostTries) throw new Error(result);
    tell(`${result}; once more`);
  }
}

/** @returns the figures, or what went wrong */
async function tryRound(server: LoginServer, options: LoginRoundOptions): Promise<LoginRound | string> {
  const { logins } = options;
  await server.reset();
  await using load = await prepareLoad({ ...options, port: server.port, count: logins });
  const pids = { ...server.processes, load: load.pid };
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, ms: cpuTimeMs(pid) }));
  const { accepted, rejected, lost, resent, tookMs, latencyMs } = await load.run();
  const used = before.map(({ name, pid, ms }) => [name, ((cpuTimeMs(pid) - ms) * 1_000) / logins] as const);
  if (accepted !== logins || resent > 0) {
    return `${server.name} accepted ${accepted} of ${logins}, rejected ${rejected}, lost ${lost}, ${resent} packets were sent again`;
  }
  return {
    perSecond: (logins * 1_000) / tookMs,
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    cpuMicros: Object.fromEntries(used),
  };
}
