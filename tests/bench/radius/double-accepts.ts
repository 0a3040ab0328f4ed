/** How often a user gets in more than once, who logs in on many devices at the same instant. */
import { loginStorm } from '../../support/login-storm.ts';
import type { RadiusServerPlace } from '../../support/radius-client.ts';
import { password } from './login-servers.ts';

export interface StormServer {
  readonly name: string;
  readonly isOurs: boolean;
  readonly place: RadiusServerPlace;
  /** As if nobody had logged in yet. */
  reset(): Promise<void>;
}

export interface DoubleAccepts {
  readonly name: string;
  readonly isOurs: boolean;
  /** Accepts beyond the first, of all rounds together. */
  readonly doubles: number;
}

export interface DoubleAcceptsOptions {
  readonly devices: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** @throws Error when nobody was accepted in a round: then it proves nothing */
export async function doubleAccepts(
  servers: readonly StormServer[],
  { devices, rounds, signal }: DoubleAcceptsOptions,
): Promise<readonly DoubleAccepts[]> {
  const results: DoubleAccepts[] = [];
  for (const { name, isOurs, place, reset } of servers) {
    let doubles = 0;
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      await reset();
      const { accepts, unanswered } = await loginStorm({
        servers: [place],
        user: `user${round}`,
        password,
        devices,
        round,
        isStarted: true,
      });
      if (accepts.length === 0 || unanswered > 0) {
        throw new Error(
          `${name} accepted ${accepts.length} of ${devices} and left ${unanswered} without an answer`,
        );
      }
      doubles += accepts.length - 1;
    }
    results.push({ name, isOurs, doubles });
  }
  return results;
}
