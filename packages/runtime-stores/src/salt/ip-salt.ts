/**
 * The salt behind keys that must not tell what they are keys of: an address is stored as its HMAC under a secret that is
 * forgotten on schedule. Whoever asks rotates what is due, so no daemon is needed; of several processes that ask at once one
 * does, and all go on with that one.
 *
 * A limiter keeps what it knows across one rotation by charging under both keys while they overlap (`SaltedRateLimits`): the
 * bucket under the previous salt has every charge, the one under the current has every charge since the rotation, and after
 * an overlap that is at least as long as a bucket takes to fill the two are equal.
 *
 * Does not promise: that another process uses a new salt at once. Each remembers what it has read for `rememberMs`, and
 * meanwhile charges under the previous key alone, which counts as long as the overlap lasts.
 */
import { type Clock, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import { newSaltSecret, type SaltedKeys, saltedKeys } from './salt-secret.ts';
import {
  defaultSaltSchedule,
  requireSchedule,
  rotated,
  type SaltSchedule,
  type SaltState,
  saltStanding,
} from './salt-state.ts';
import type { SaltStore } from './salt-store.ts';

export interface IpSaltOptions {
  readonly store: SaltStore;
  /** Default: a week, with a day of overlap. */
  readonly schedule?: SaltSchedule;
  /** How long what was read is used without asking again, in milliseconds. Default 1000. */
  readonly rememberMs?: number;
  readonly clock?: Clock;
}

export type RotationOutcome = 'rotated' | 'kept';

export class IpSalt {
  readonly #store: SaltStore;
  readonly #schedule: SaltSchedule;
  readonly #rememberMs: number;
  readonly #clock: Clock;
  #known: { readonly state: SaltState; readonly atMs: number } | undefined;

  /** @throws HoldfastError USAGE - the schedule cannot be kept */
  constructor({
    store,
    schedule = defaultSaltSchedule,
    rememberMs = 1_000,
    clock = systemClock,
  }: IpSaltOptions) {
    requireSchedule(schedule);
    this.#store = store;
    this.#schedule = schedule;
    this.#rememberMs = rememberMs;
    this.#clock = clock;
  }

  /**
   * The salts in use, made or rotated first where that is due.
   *
   * @throws HoldfastError DOCUMENT_INVALID - what is stored is damaged: no key can be made until a steward has decided
   * @throws HoldfastError as the store: what cannot be read is no reason for another salt
   */
  async current(): Promise<SaltState> {
    const known = this.#remembered();
    if (known !== undefined) return known;
    const found = await this.#store.read();
    if (found !== undefined && !this.#isDue(found)) return this.#remember(found);
    try {
      return await this.#rotate();
    } catch (error) {
      // Somebody else is rotating: what is due serves a little longer, what is missing cannot.
      if (found === undefined || !isHoldfastError(error, 'LOCK_BUSY')) throw error;
      return this.#remember(found);
    }
  }

  /** The keys of `text`, an address or an account. @throws as `current` */
  async hash(text: string): Promise<SaltedKeys> {
    return saltedKeys(await this.current(), text, this.#clock.wallMs());
  }

  /** For a schedule that does not wait for the next question. @throws as `current`, and LOCK_BUSY */
  async rotateIfDue(): Promise<RotationOutcome> {
    const found = await this.#store.read();
    if (!this.#isDue(found)) return 'kept';
    const { current } = await this.#rotate();
    return current.secret === found?.current.secret ? 'kept' : 'rotated';
  }

  #isDue(state: SaltState | undefined): boolean {
    return saltStanding(state, this.#schedule, this.#clock.wallMs()) !== 'young';
  }

  async #rotate(): Promise<SaltState> {
    const stored = await this.#store.change((state, nowMs) => {
      // Decided anew while nobody else can: of those who found it due one rotates, the others find it young.
      const isDue = saltStanding(state, this.#schedule, nowMs) !== 'young';
      return isDue ? rotated(state, newSaltSecret(), this.#schedule, nowMs) : undefined;
    });
    if (stored === undefined) throw new HoldfastError('INTERNAL', 'the store has kept no salt');
    return this.#remember(stored);
  }

  #remember(state: SaltState): SaltState {
    this.#known = { state, atMs: this.#clock.monotonicMs() };
    return state;
  }

  #remembered(): SaltState | undefined {
    const { state, atMs } = this.#known ?? {};
    return atMs !== undefined && this.#clock.monotonicMs() - atMs < this.#rememberMs ? state : undefined;
  }
}
