/**
 * What the daemon knows at a moment: the last look at the database, the last run, whether one is under way. Everything that
 * is told to the outside (readiness, metrics, the service manager) is derived from here.
 */
import type { HoldfastError } from '@holdfast/base';
import type { PolicyResult } from '@holdfast/gateway-policy/command';
import type { StatusAnswer } from '@holdfast/host/http';
import type { TriggerLook } from './trigger-probe.ts';

type Database =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'up' }
  | { readonly kind: 'away'; readonly error: HoldfastError };

type LastRun = { readonly outcome: string; readonly error: HoldfastError | undefined };

export class DaemonState {
  #database: Database = { kind: 'unknown' };
  #look: TriggerLook | undefined;
  #lastRun: LastRun | undefined;
  #isRunning = false;
  #isStopping = false;
  /** Trigger up to which the last run has looked: whatever differs from it is news. */
  #attempted: number | undefined;
  #runEndedMs = Number.NEGATIVE_INFINITY;
  #up = Promise.withResolvers<void>();

  get look(): TriggerLook | undefined {
    return this.#look;
  }

  get isAway(): boolean {
    return this.#database.kind !== 'up';
  }

  get isFailing(): boolean {
    return this.#lastRun?.error !== undefined;
  }

  /** One line for people, the same as long as nothing changes. */
  get summary(): string {
    const { reasons } = this.readiness;
    if (reasons.length > 0) return reasons.join('; ');
    return `triggers up to ${this.#look?.covered ?? 0} are live`;
  }

  /** Resolves when the database answers, at once when it does. */
  get whenUp(): Promise<void> {
    return this.#up.promise;
  }

  /**
   * Takes over what a look has found. @returns why a run is due because of it, undefined when none is
   *
   * A look that began before the last run had ended may show what that run has covered, so it is not asked.
   */
  found(look: TriggerLook, sinceMs: number): string | undefined {
    const before = this.#look;
    const wasAway = this.#database.kind === 'away';
    this.#database = { kind: 'up' };
    this.#up.resolve();
    this.#look = look;
    if (this.#isRunning || sinceMs < this.#runEndedMs || this.#attempted === undefined) return undefined;
    if (before !== undefined && before.identity !== look.identity) return 'replaced';
    if (wasAway) return 'database';
    if (look.newest === this.#attempted) return undefined;
    if (look.newest < this.#attempted) return 'replaced';
    if (look.newest > look.covered) return 'trigger';
    this.#attempted = look.newest; // somebody else's run has covered it
    return undefined;
  }

  /** @returns whether it was not away before */
  lost(error: HoldfastError): boolean {
    const before = this.#database.kind;
    this.#database = { kind: 'away', error };
    if (before === 'up') this.#up = Promise.withResolvers();
    return before !== 'away';
  }

  runBegins(): void {
    this.#isRunning = true;
    this.#attempted = this.#look?.newest ?? 0;
  }

  /** @param nowMs - monotonic */
  runEnded({ report, error }: PolicyResult, nowMs: number): void {
    this.#isRunning = false;
    this.#runEndedMs = nowMs;
    this.#lastRun = { outcome: report.outcome, error };
    // Whoever joined knows only that its own ticket is covered.
    const covered = report.outcome === 'joined' ? report.trigger : report.covered;
    if (covered === null) return;
    this.#attempted = covered;
    if (this.#look !== undefined) {
      this.#look = { ...this.#look, newest: Math.max(this.#look.newest, covered), covered };
    }
  }

  /** A run that failed before it had begun: without a report. */
  runFailed(error: HoldfastError, nowMs: number): void {
    this.#isRunning = false;
    this.#runEndedMs = nowMs;
    this.#lastRun = { outcome: 'failed', error };
  }

  stops(): void {
    this.#isStopping = true;
  }

  /** Ready is who has made the gateway right, can do it again, and has nothing left undone. */
  get readiness(): StatusAnswer {
    const { newest, covered, gateway } = this.#look ?? {};
    const reasons = [
      ...(this.#isStopping ? ['the daemon is stopping'] : []),
      ...this.#databaseReasons(),
      ...this.#runReasons(),
      ...this.#triggerReasons(),
    ];
    const lastRun = this.#lastRun?.outcome ?? null;
    return {
      reasons,
      facts: { gateway: gateway ?? null, newest, covered, lastRun, isRunning: this.#isRunning },
    };
  }

  #databaseReasons(): readonly string[] {
    if (this.#database.kind === 'up') return [];
    if (this.#database.kind === 'unknown') return ['the database has not answered yet'];
    return [`the database is away: ${telling(this.#database.error)}`];
  }

  #runReasons(): readonly string[] {
    if (this.#lastRun === undefined) return ['no run has ended yet'];
    const { outcome, error } = this.#lastRun;
    return error === undefined ? [] : [`the last run ended as ${outcome}: ${telling(error)}`];
  }

  #triggerReasons(): readonly string[] {
    if (this.#look === undefined || this.#isRunning) return [];
    const { newest, covered } = this.#look;
    return newest > covered
      ? [`trigger ${newest} is recorded, ${covered} is covered, no run is under way`]
      : [];
  }
}

function telling({ code, message }: HoldfastError): string {
  return `${message} [${code}]`;
}
