/** The logins of one socket: so many under way at a time, each known by the identifier of its packet. */
import type { Datagrams } from './datagrams.ts';

export interface LaneOptions {
  readonly net: Datagrams;
  readonly socket: number;
  readonly inFlight: number;
  /** In the order in which they are sent, with identifiers that come again as late as they can. */
  readonly packets: readonly Buffer[];
}

interface Flight {
  readonly packet: Buffer;
  readonly firstMs: number;
  sentMs: number;
}

const resendMs = 3_000;
const giveUpMs = 12_000;

export class LoginLane {
  readonly #options: LaneOptions;
  readonly #flights: (Flight | undefined)[] = Array.from({ length: 256 });
  #next = 0;
  #flying = 0;
  lost = 0;
  resent = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#flying === 0 && this.#next === this.#options.packets.length;
  }

  /** Sends what may be under way. */
  fill(): void {
    const { net, socket, inFlight, packets } = this.#options;
    while (this.#flying < inFlight) {
      const packet = packets[this.#next];
      const identifier = packet?.[1] ?? 0;
      // The one before it under this identifier may have no answer yet.
      if (packet === undefined || this.#flights[identifier] !== undefined) break;
      const nowMs = performance.now();
      this.#flights[identifier] = { packet, firstMs: nowMs, sentMs: nowMs };
      this.#flying += 1;
      this.#next += 1;
      net.queue(socket, packet);
    }
    net.flush(socket);
  }

  /** @returns how long the login has taken, in milliseconds; undefined when it was not waited for */
  settle(identifier: number): number | undefined {
    const flight = this.#flights[identifier];
    if (flight === undefined) return undefined;
    this.#flights[identifier] = undefined;
    this.#flying -= 1;
    return performance.now() - flight.firstMs;
  }

  /** Sends again what has waited for long, and gives up what has waited for too long. */
  sendAgain(nowMs: number): void {
    const { net, socket } = this.#options;
    for (const [identifier, flight] of this.#flights.entries()) {
      if (flight === undefined || nowMs - flight.sentMs < resendMs) continue;
      if (nowMs - flight.firstMs >= giveUpMs) {
        this.settle(identifier);
        this.lost += 1;
      } else {
        this.resent += 1;
        flight.sentMs = nowMs;
        net.queue(socket, flight.packet);
      }
    }
    net.flush(socket);
    this.fill();
  }
}
