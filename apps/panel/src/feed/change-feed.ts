/**
 * Tells whoever listens what has changed, in whichever process it was: mutations, sessions, runs of gateways.
 *
 * One look serves all listeners, and there is none while nobody listens. An own commit is looked for at once (`note`), those of
 * others every 150 ms: first by the cheapest question there is, and only when its answer has changed in a snapshot
 * of what stands and what the log says. After a look comes a rest of several times its length, so that looking never takes more
 * than a small part of a database that changes all the time.
 *
 * A listener hears `hello` when it may read, and whenever something may have been missed: what is committed after the reading
 * that follows is told. Losing the database is no reason for another `hello`: what happened meanwhile is found in the log.
 */
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import type { CommittedChange, PanelViewer } from '@holdfast/mutations';
import type { PanelEvent } from '@holdfast/panel-client/schema';
import type { Truth } from '@holdfast/truth-db';
import { type FeedStanding, readQuickMark, readStanding } from './feed-standing.ts';
import { liveFamilies } from './live-families.ts';
import { type LogCursor, type LogNews, readLogNews } from './log-cursor.ts';
import { SessionMarks } from './session-marks.ts';
import { visibilityOf } from './visible-changes.ts';

export interface ChangeFeedOptions {
  readonly truth: Truth;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Between two looks, in milliseconds; 150. */
  readonly lookMs?: number;
  /** Between two questions whether the logins of listeners still stand, in milliseconds; 2 000. */
  readonly loginsMs?: number;
  /** How many may listen, as whoever opens streams for them has to see to; 512. */
  readonly mostListeners?: number;
}

/** Who listens. */
export interface FeedReader {
  readonly viewer: PanelViewer;
  /** Of the login; when it ends, so does the listening. Undefined for one that is bound to none. */
  readonly familyId?: string;
}

export interface FeedListener {
  tell(event: PanelEvent): void;
  /** Nothing will be told any more: the login has ended, or the feed. */
  end(): void;
}

interface Subscription extends FeedListener {
  readonly reader: FeedReader;
  isGreeted: boolean;
}

interface Told {
  readonly quick: string;
  readonly standing: FeedStanding;
  readonly cursor: LogCursor;
}

/** After an own commit, and times of a look that follow it in rest. */
const leastPauseMs = 15;
const restPerLook = 9;
const hello: PanelEvent = { type: 'hello' };

export class ChangeFeed {
  readonly #options: Required<ChangeFeedOptions>;
  readonly #subscriptions = new Set<Subscription>();
  #marks = new SessionMarks();
  /** What was told last; undefined while nobody listens. */
  #last: Told | undefined;
  #isNoted = false;
  #isFailing = false;
  #hasEnded = false;
  #loginsAskedMs = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();

  constructor(options: ChangeFeedOptions) {
    const defaults = { log: silentLog, clock: systemClock, lookMs: 150, loginsMs: 2_000, mostListeners: 512 };
    this.#options = { ...defaults, ...options };
  }

  get mostListeners(): number {
    return this.#options.mostListeners;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#subscriptions.size;
  }

  /** Told by `Mutations` of each own commit. */
  note(_change?: CommittedChange): void {
    this.#isNoted = true;
    this.#wake.abort();
  }

  /** The first event is `hello`, after which everything that is committed is told. */
  subscribe(reader: FeedReader, listener: FeedListener): Disposable {
    const subscription: Subscription = {
      reader,
      isGreeted: false,
      tell: (event) => listener.tell(event),
      end: () => listener.end(),
    };
    if (this.#hasEnded) {
      listener.end();
      return { [Symbol.dispose]: () => undefined };
    }
    this.#subscriptions.add(subscription);
    // Whoever is the first has to wait for a look, or what comes before it would be missed.
    if (this.#last === undefined || this.#isFailing) this.#wake.abort();
    else this.#greet(subscription);
    return { [Symbol.dispose]: () => this.#subscriptions.delete(subscription) };
  }

  /** Looks until the signal, and ends every listener then. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, lookMs } = this.#options;
    if (signal.aborted) this.#end();
    signal.addEventListener('abort', () => this.#end(), { once: true });
    while (!signal.aborted) {
      this.#wake = new AbortController();
      if (this.#subscriptions.size === 0) {
        this.#forget();
        await this.#rest(Number.POSITIVE_INFINITY);
        continue;
      }
      this.#isNoted = false;
      const sinceMs = clock.monotonicMs();
      await this.#look();
      const tookMs = clock.monotonicMs() - sinceMs;
      const leastMs = Math.min(Math.max(restPerLook * tookMs, leastPauseMs), lookMs);
      await clock.sleep(leastMs, signal).catch(() => undefined); // only the stop ends it early
      if (!this.#isNoted) await this.#rest(lookMs - leastMs);
    }
  }

  /** At once: a look that is under way may be waiting for a database that keeps silent. */
  #end(): void {
    this.#hasEnded = true;
    const subscriptions = [...this.#subscriptions];
    this.#subscriptions.clear();
    for (const subscription of subscriptions) subscription.end();
    this.#wake.abort();
  }

  async #rest(ms: number): Promise<void> {
    await this.#options.clock.sleep(ms, this.#wake.signal).catch(() => undefined); // only that ends it early
  }

  /** What was known is worth nothing once nobody has followed it. */
  #forget(): void {
    this.#last = undefined;
    this.#marks = new SessionMarks();
  }

  async #look(): Promise<void> {
    const { truth, log } = this.#options;
    try {
      const quick = await readQuickMark(truth.db);
      if (quick !== this.#last?.quick) await this.#tellNews(quick);
      for (const subscription of this.#subscriptions) this.#greet(subscription);
      await this.#endLogins();
      if (this.#isFailing) log.info({}, 'changes are followed again');
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) log.warn({ err }, 'changes cannot be followed');
      this.#isFailing = true;
    }
  }

  /** What is told only in part, because the database went away in the middle, is told again. */
  async #tellNews(quick: string): Promise<void> {
    const { truth, clock } = this.#options;
    const before = this.#last;
    const { standing, cursor, news } = await truth.snapshot(async (trx) => {
      const found = await readStanding(trx);
      const { generations } = found;
      const step = await readLogNews(trx, { cursor: before?.cursor, generations, nowMs: clock.wallMs() });
      return { standing: found, ...step };
    });
    await this.#tellChanges(news);
    if (before !== undefined) {
      this.#tellRuns(before.standing, standing);
      if (before.standing.sessions !== standing.sessions) await this.#tellSessions();
    }
    this.#last = { quick, standing, cursor };
  }

  async #tellChanges(news: LogNews): Promise<void> {
    if (news.kind === 'lost') {
      for (const subscription of this.#subscriptions) subscription.isGreeted = false;
      return;
    }
    if (news.changes.length === 0) return;
    const isForCustomers = this.#customers().size > 0;
    const isVisible = await visibilityOf(this.#options.truth.db, news.changes, isForCustomers);
    for (const { reader, tell } of this.#subscriptions) {
      for (const change of news.changes)
        if (isVisible(change, reader.viewer)) tell({ type: 'change', ...change });
    }
  }

  #tellRuns(before: FeedStanding, { runs }: FeedStanding): void {
    const names = [...runs].filter(([name, mark]) => before.runs.get(name) !== mark).map(([name]) => name);
    for (const { reader, tell } of this.#subscriptions)
      if (reader.viewer.role === 'admin') for (const name of names) tell({ type: 'gateway', name });
  }

  async #tellSessions(): Promise<void> {
    const changed = await this.#marks.changed(this.#options.truth.db, this.#customers());
    for (const { reader, tell } of this.#subscriptions) {
      const { viewer } = reader;
      if (viewer.role === 'admin' || changed.has(viewer.customerId)) tell({ type: 'sessions' });
    }
  }

  #customers(): ReadonlySet<number> {
    const viewers = [...this.#subscriptions].map(({ reader }) => reader.viewer);
    return new Set(viewers.flatMap((viewer) => (viewer.role === 'customer' ? [viewer.customerId] : [])));
  }

  #greet(subscription: Subscription): void {
    if (subscription.isGreeted) return;
    subscription.isGreeted = true;
    subscription.tell(hello);
  }

  async #endLogins(): Promise<void> {
    const { truth, clock, loginsMs } = this.#options;
    if (clock.monotonicMs() - this.#loginsAskedMs < loginsMs) return;
    this.#loginsAskedMs = clock.monotonicMs();
    const bound = [...this.#subscriptions].flatMap((subscription) => {
      const { familyId } = subscription.reader;
      return familyId === undefined ? [] : [{ subscription, familyId }];
    });
    const families = new Set(bound.map(({ familyId }) => familyId));
    const live = await liveFamilies(truth.db, families, clock.wallMs());
    for (const { subscription, familyId } of bound) {
      if (live.has(familyId)) continue;
      this.#subscriptions.delete(subscription);
      subscription.end();
    }
  }
}
