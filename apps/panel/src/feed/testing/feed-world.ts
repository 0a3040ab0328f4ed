/** Two processes on one database, as far as a feed can tell: one that listens, another that changes things. */
import { randomUUID } from 'node:crypto';
import {
  type CommittedChange,
  customerKind,
  editConnection,
  type MutationOutcome,
  Mutations,
  provision,
  register,
  vpnConnectionKind,
} from '@holdfast/mutations';
import type { PanelEvent } from '@holdfast/panel-client/schema';
import {
  addGateway,
  changeConnection,
  migrate,
  openTruth,
  publishRun,
  recordTrigger,
  startSession,
  type Truth,
} from '@holdfast/truth-db';
import { ChangeFeed, type ChangeFeedOptions, type FeedReader } from '../change-feed.ts';

const connections = vpnConnectionKind({ ownerMay: [] });
const customers = customerKind({ ownerMay: [] });
const actor = { profile: 'panel', principal: 'a1', name: 'Root', viewer: { role: 'admin' } } as const;

export const admin: FeedReader = { viewer: { role: 'admin' } };

export interface HeardFeed extends Disposable {
  readonly events: readonly PanelEvent[];
  readonly hasEnded: boolean;
  /** Resolves with the first event that fits, or the so-manieth, which may have come already. */
  until(fits: (event: PanelEvent) => boolean, place?: number): Promise<PanelEvent>;
}

export class FeedWorld implements AsyncDisposable {
  /** Of the process that listens. */
  readonly truth: Truth;
  readonly feed: ChangeFeed;
  readonly #other: Truth;
  readonly #mutations: Mutations;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /** @param url - migrated */
  constructor(url: string, options: Partial<ChangeFeedOptions> = {}) {
    this.truth = openTruth(url, { busyTimeoutMs: 30_000 });
    this.#other = openTruth(url, { busyTimeoutMs: 30_000 });
    this.#mutations = new Mutations({ truth: this.#other });
    this.feed = new ChangeFeed({ lookMs: 20, loginsMs: 20, ...options, truth: options.truth ?? this.truth });
    this.#running = this.feed.run(this.#stop.signal);
  }

  static async open(url: string, options: Partial<ChangeFeedOptions> = {}): Promise<FeedWorld> {
    await using truth = openTruth(url, { busyTimeoutMs: 30_000 });
    await migrate(truth);
    const found = await truth.db.selectFrom('gateways').select('id').execute();
    if (found.length === 0) {
      await truth.transaction((trx) =>
        addGateway(trx, { name: 'gw1', layout: 'shared-device', device: 'wg0' }),
      );
    }
    return new FeedWorld(url, options);
  }

  /** Mutations of the process that listens itself. */
  own(onCommit: (change: CommittedChange) => void): Mutations {
    return new Mutations({ truth: this.truth, onCommit });
  }

  /** Resolves when the listener may read. */
  async listen(reader: FeedReader = admin): Promise<HeardFeed> {
    const events: PanelEvent[] = [];
    let hasEnded = false;
    let heard = Promise.withResolvers<void>();
    const hear = () => {
      heard.resolve();
      heard = Promise.withResolvers();
    };
    const subscription = this.feed.subscribe(reader, {
      tell: (event) => {
        events.push(event);
        hear();
      },
      end: () => {
        hasEnded = true;
        hear();
      },
    });
    const until = async (fits: (event: PanelEvent) => boolean, place = 1) => {
      for (;;) {
        const found = events.filter(fits)[place - 1];
        if (found !== undefined) return found;
        if (hasEnded) throw new Error(`the feed has ended after ${JSON.stringify(events)}`);
        await heard.promise;
      }
    };
    await until(({ type }) => type === 'hello');
    return {
      events,
      get hasEnded() {
        return hasEnded;
      },
      until,
      [Symbol.dispose]: () => subscription[Symbol.dispose](),
    };
  }

  async connection(mutations = this.#mutations): Promise<string> {
    return idOf(
      await mutations.create({
        kind: connections,
        clientMutationId: randomUUID(),
        operation: 'POST /v1/connections',
        input: {},
        actor,
        create: provision({ label: null }),
      }),
    );
  }

  async customer(email: string): Promise<number> {
    const outcome = await this.#mutations.create({
      kind: customers,
      clientMutationId: randomUUID(),
      operation: 'POST /v1/customers',
      input: { email },
      actor,
      create: register({ email, passwordHash: 'none' }),
    });
    return Number(idOf(outcome));
  }

  async rename(id: string, version: number, label: string): Promise<MutationOutcome> {
    return this.#mutations.change({
      kind: connections,
      id,
      version,
      clientMutationId: randomUUID(),
      operation: 'PATCH /v1/connections/{id}',
      input: { label },
      actor,
      change: editConnection(connections, { label }),
    });
  }

  /** As a command would, which leaves no line in the log. */
  async give(id: string, customerId: number): Promise<void> {
    await changeConnection(this.#other, {
      vpnConnectionId: Number(id),
      event: { kind: 'claim', customerId },
      at: Date.now(),
    });
  }

  async startSession(id: string, framedIp: string): Promise<void> {
    const at = Date.now();
    const vpnConnectionId = Number(id);
    await this.#other.transaction(async (trx) => {
      await startSession(trx, {
        gateway: 'gw1',
        vpnConnectionId,
        sessionKey: `key ${id}`,
        framedIp,
        at,
        expiresAt: at + 600_000,
      });
      await recordTrigger(trx, { gateway: 'gw1', reason: 'ip-up', vpnConnectionId, at });
    });
  }

  async run(): Promise<void> {
    const run = { gateway: 'gw1', covered: 0, outcome: 'unchanged', digest: 'd', tookMs: 1 } as const;
    await publishRun(this.#other, { ...run, at: Date.now() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.truth.close();
    await this.#other.close();
  }
}

function idOf(outcome: MutationOutcome): string {
  if (outcome.kind !== 'applied') throw new Error(`not applied but ${outcome.kind}`);
  return outcome.resource.id;
}
