/**
 * The clients of the demo as a crowd: now and then one connects, stays for a while and leaves, says that it is still there, or
 * is imitated from elsewhere. Who is rejected stays away for some time.
 */
import type { Access, Client, ClientSession } from './client-session.ts';
import type { Dice } from './dice.ts';
import type { NasOrder } from './nas-orders.ts';

export interface CrowdOptions {
  readonly clients: readonly Client[];
  readonly access: Access;
  readonly dice: Dice;
  readonly bytesOf: (session: ClientSession) => number;
  readonly say: (text: string) => void;
  /** The present, in milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** So many are there, that a person always finds somebody. */
const fewest = 2;
const awayAfterRefusalMs = 20_000;

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #online = new Map<string, ClientSession>();
  readonly #awayUntil = new Map<string, number>();

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  get online(): Iterable<ClientSession> {
    return this.#online.values();
  }

  /** One thing happens, which the dice choose among those that can. */
  async step(): Promise<void> {
    const { dice, clients, access } = this.#options;
    const now = this.#options.now();
    const offline = clients.filter(
      ({ user }) => !this.#online.has(user) && (this.#awayUntil.get(user) ?? 0) <= now,
    );
    const online = [...this.#online.values()];
    const kinds = [
      { weight: 3, moves: offline.map((client) => () => this.#enter(client)) },
      {
        weight: 2,
        moves: online.length > fewest ? online.map((session) => () => this.#leave(session)) : [],
      },
      {
        weight: 2,
        moves: online.map((session) => () => access.refresh(session, this.#options.bytesOf(session))),
      },
      {
        weight: 1,
        moves: access.intrude === undefined ? [] : online.map((session) => () => this.#imitate(session)),
      },
    ];
    const possible = kinds.filter(({ moves }) => moves.length > 0);
    const drawn = dice.pick(
      possible.flatMap(({ weight, moves }) => Array.from({ length: weight }, () => moves)),
    );
    await dice.pick(drawn ?? [])?.();
  }

  /** Everybody comes, one after the other. */
  async fill(signal: AbortSignal): Promise<void> {
    for (const client of this.#options.clients) {
      if (signal.aborted) return;
      await this.#enter(client);
    }
  }

  /** Everybody leaves. */
  async empty(): Promise<void> {
    await Promise.all([...this.#online.values()].map((session) => this.#leave(session)));
  }

  /** The gateway has told the NAS something about one of them. */
  async obey({ kind, user, session: id, attributes }: NasOrder): Promise<void> {
    const session = this.#online.get(user);
    if (session === undefined || session.id !== id) return;
    if (kind === 'change') {
      this.#options.say(`${user} gets from its NAS: ${attributes}`);
      return;
    }
    this.#options.say(`${user} is disconnected by its NAS, as the gateway asks`);
    this.#awayUntil.set(user, this.#options.now() + awayAfterRefusalMs);
    await this.#leave(session);
  }

  async #enter(client: Client): Promise<void> {
    const { access, say } = this.#options;
    const opened = await access.open(client);
    if (opened.kind === 'refused') {
      this.#awayUntil.set(client.user, this.#options.now() + awayAfterRefusalMs);
      say(`${client.user} is rejected: ${opened.because}`);
      return;
    }
    const { session } = opened;
    this.#online.set(client.user, session);
    const addresses = [session.framedIp, session.framedIpv6].filter((address) => address !== null);
    say(`${client.user} is connected: ${addresses.join(', ')}${session.isRestricted ? ', restricted' : ''}`);
  }

  async #leave(session: ClientSession): Promise<void> {
    const { access, bytesOf, say } = this.#options;
    const { user } = session.client;
    this.#online.delete(user);
    const bytes = bytesOf(session);
    await access.close(session, bytes);
    const seconds = Math.round((this.#options.now() - session.startedAt) / 1_000);
    say(
      `${user} has left after ${seconds} s${bytes === 0 ? '' : `, ${Math.round(bytes / 1_000)} kB were sent to it`}`,
    );
  }

  async #imitate(session: ClientSession): Promise<void> {
    const { access, say } = this.#options;
    const opened = await access.intrude?.(session);
    if (opened === undefined) return;
    const { user } = session.client;
    if (opened.kind === 'refused')
      say(`${user} from elsewhere, while it is connected, is rejected: ${opened.because}`);
    else say(`${user} from elsewhere was let in: its session had ended`);
  }
}
