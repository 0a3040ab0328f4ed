/**
 * What a process knows of a gateway after its own last run: the state that was verified then. It is as good as a reading
 * of the kernel while nobody else has written, and that is not guessed: every run that writes has a generation of the
 * lock, so if ours is the next one after that of the memory, there was none between. Truth has to be the same one too,
 * where our run is the last that it knows.
 *
 * What somebody does to the kernel without the lock is not seen here. A run that looks for drift reads everything.
 */
import { isDeepStrictEqual } from 'node:util';
import type { GatewayNews, GatewayRow, LastRun, SessionRow } from '@holdfast/truth-db';
import { type Address, canonicalAddress, desiredState, digestOf, replaceDigest } from '../index.ts';
import type { PolicyTarget } from './policy-target.ts';

export interface RememberedRun {
  /** Generation of the hold that it had. */
  readonly fence: number;
  readonly target: PolicyTarget;
  readonly lastRun: LastRun & { readonly digest: string };
}

export class PolicyMemory {
  #fence = 0;
  #gateway: GatewayRow | undefined;
  #lastRun: RememberedRun['lastRun'] | undefined;
  readonly #sessions = new Map<number, SessionRow>();
  /** Who has an address. */
  readonly #owners = new Map<Address, number>();

  /** The trigger up to which everything is known; undefined where a hold of generation `fence` cannot rely on that. */
  knownBy(fence: number): number | undefined {
    return fence === this.#fence + 1 ? this.#lastRun?.covered : undefined;
  }

  /**
   * What the news make of what is known; undefined when they do not continue it, or concern others than those they name.
   *
   * @throws HoldfastError TRUTH_INVALID
   */
  targetOf({ gateway, lastRun, connections, sessions }: GatewayNews): PolicyTarget | undefined {
    const known = this.#lastRun;
    if (known === undefined || connections === undefined) return undefined;
    // A session's device may have come, gone, or come again under its name without anything that truth could tell, and a
    // new one has no limit. To look at one device is to look at all: the kernel lists their qdiscs together, whatever is asked.
    if (gateway.layout === 'per-interface') return undefined;
    if (!isDeepStrictEqual(lastRun, known) || !isDeepStrictEqual(gateway, this.#gateway)) return undefined;
    if (!this.#areTheirs(sessions, new Set(connections))) return undefined;
    const earlier = connections.map((id) => this.#sessions.get(id)).filter((row) => row !== undefined);
    const head = { gateway, newestTrigger: 0 };
    const [state, before] = [sessions, earlier].map((rows) => desiredState({ ...head, sessions: rows }));
    if (state === undefined || before === undefined) return undefined;
    const digest = replaceDigest(known.digest, digestOf(before), digestOf(state));
    return { gateway, state, sessions, digest, news: { before, connections } };
  }

  remember({ fence, target, lastRun }: RememberedRun): void {
    this.#fence = fence;
    this.#gateway = target.gateway;
    this.#lastRun = lastRun;
    if (target.news === undefined) {
      this.#sessions.clear();
      this.#owners.clear();
    }
    for (const id of target.news?.connections ?? []) this.#removeSession(id);
    for (const session of target.sessions) this.#addSession(session);
  }

  /** After a failure nothing is known. */
  forget(): void {
    this.#lastRun = undefined;
  }

  /** Whether all addresses are free, or of connections whose sessions are read anew. */
  #areTheirs(sessions: readonly SessionRow[], connections: ReadonlySet<number>): boolean {
    return sessions.flatMap(addressesOf).every((address) => {
      const owner = this.#owners.get(address);
      return owner === undefined || connections.has(owner);
    });
  }

  #addSession(session: SessionRow): void {
    this.#sessions.set(session.vpnConnectionId, session);
    for (const address of addressesOf(session)) this.#owners.set(address, session.vpnConnectionId);
  }

  #removeSession(id: number): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    for (const address of session === undefined ? [] : addressesOf(session)) this.#owners.delete(address);
  }
}

function addressesOf({ framedIp, framedIpv6 }: SessionRow): Address[] {
  return [framedIp, framedIpv6]
    .map((text) => (text === null ? undefined : canonicalAddress(text)))
    .filter((address) => address !== undefined);
}
