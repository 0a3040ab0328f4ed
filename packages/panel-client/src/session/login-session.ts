/**
 * Who is logged in, and the access token that says so. The token lives here and nowhere else; the refresh token is a cookie that no
 * script can read. When a token is refused it is refreshed once, whoever asks in the meantime waits for that one refresh, and the
 * request is sent once more. Nothing looks at the time of expiry, so the clock of this machine may be wrong.
 *
 * A refresh never changes who somebody is: where another person has logged in, in another tab, this session has ended. Else what
 * one of them has typed would be sent in the name of the other.
 */
import type { ClientClock } from '../client-clock.ts';
import { type HttpAnswer, problemNameOf, signedOut } from '../request/http-answer.ts';
import type { Transport } from '../request/transport.ts';
import type { Granted, Me } from '../schema.ts';
import { oneTabAtATime } from './across-tabs.ts';

export interface LoginSessionOptions {
  readonly transport: Transport;
  readonly clock: ClientClock;
  /** Whether the cookie is shared with other tabs. */
  readonly hasTabs: boolean;
  /** The session has ended by itself: it ran out, or was revoked. */
  readonly onSignedOut: () => void;
}

/** A token; or the answer that says why there is none. */
export type Access =
  | { readonly kind: 'granted'; readonly token: string }
  | { readonly kind: 'refused'; readonly answer: HttpAnswer };

/** Waits before a refresh that another tab was quicker with, in milliseconds: its cookie is on the way. */
const supersededWaitsMs = [50, 200, 800];

export class LoginSession {
  readonly #options: LoginSessionOptions;
  #granted: Granted | undefined;
  /** Whether it is known that there is no session: then nothing is sent. */
  #hasEnded = false;
  /** Counted with every login and logout: what a refresh brings that began before is not wanted. */
  #epoch = 0;
  #refreshing: Promise<Access> | undefined;
  #login = Promise.withResolvers<void>();

  constructor(options: LoginSessionOptions) {
    this.#options = options;
  }

  get me(): Me | undefined {
    return this.#granted?.me;
  }

  /** Somebody has logged in. */
  begin(granted: Granted): void {
    this.#epoch += 1;
    this.#adopt(granted);
  }

  /** They have logged out. */
  end(): void {
    this.#epoch += 1;
    this.#granted = undefined;
    this.#hasEnded = true;
  }

  /** Asks the server whether the cookie still stands for a session. */
  resume(): Promise<Access> {
    this.#hasEnded = false;
    return this.#refresh();
  }

  /** Resolves at the next login, or at once while somebody is logged in. */
  async whenLoggedIn(signal: AbortSignal): Promise<void> {
    if (!this.#hasEnded) return;
    const aborted = Promise.withResolvers<never>();
    const stop = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([this.#login.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * Runs a request with a token. A token that is refused is refreshed and the request sent once more: it was turned away
   * before anything was done.
   */
  async authorized<T extends HttpAnswer>(
    send: (headers: { readonly authorization: string }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | HttpAnswer> {
    const first = await this.#access();
    signal?.throwIfAborted();
    if (first.kind === 'refused') return first.answer;
    const sender = this.me?.id;
    const answer = await send(bearer(first.token));
    if (problemNameOf(answer) !== 'signed-out') return answer;
    const second = await this.#accessInsteadOf(first.token);
    signal?.throwIfAborted();
    if (second.kind === 'refused') return second.answer;
    if (this.me?.id !== sender) return signedOut;
    const repeated = await send(bearer(second.token));
    const isCurrent = this.#granted?.accessToken === second.token;
    if (problemNameOf(repeated) === 'signed-out' && isCurrent) this.#expire();
    return repeated;
  }

  async #access(): Promise<Access> {
    return this.#granted !== undefined || this.#hasEnded ? this.#current() : this.#refresh();
  }

  #current(): Access {
    return this.#granted === undefined
      ? { kind: 'refused', answer: signedOut }
      : { kind: 'granted', token: this.#granted.accessToken };
  }

  /** Somebody else may have refreshed it, or logged in, while the request was on its way. */
  async #accessInsteadOf(token: string): Promise<Access> {
    return this.#granted?.accessToken === token ? this.#refresh() : this.#access();
  }

  #refresh(): Promise<Access> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<Access> {
    const epoch = this.#epoch;
    const answer = await this.#askInTurn();
    if (epoch !== this.#epoch) return this.#current();
    const granted = answer.status === 200 ? (answer.body as Granted) : undefined;
    const isSomebodyElse = this.me !== undefined && granted !== undefined && granted.me.id !== this.me.id;
    if (granted !== undefined && !isSomebodyElse) {
      this.#adopt(granted);
      return { kind: 'granted', token: granted.accessToken };
    }
    if (answer.status === 401 || isSomebodyElse) {
      this.#expire();
      return { kind: 'refused', answer: signedOut };
    }
    return { kind: 'refused', answer };
  }

  #askInTurn(): Promise<HttpAnswer> {
    const ask = () => this.#askForRefresh();
    return this.#options.hasTabs ? oneTabAtATime('holdfast-refresh', ask) : ask();
  }

  async #askForRefresh(): Promise<HttpAnswer> {
    const { transport, clock } = this.#options;
    const request = {
      method: 'POST',
      path: '/v1/auth/refresh',
      headers: { 'x-holdfast-csrf': '1' },
    } as const;
    let answer = await transport.ask(request);
    for (const waitMs of supersededWaitsMs) {
      if (problemNameOf(answer) !== 'refresh-superseded') return answer;
      await clock.sleep(waitMs);
      answer = await transport.ask(request);
    }
    return answer;
  }

  #adopt(granted: Granted): void {
    this.#granted = granted;
    this.#hasEnded = false;
    this.#login.resolve();
    this.#login = Promise.withResolvers();
  }

  #expire(): void {
    const wasLoggedIn = this.#granted !== undefined;
    this.end();
    if (wasLoggedIn) this.#options.onSignedOut();
  }
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}
