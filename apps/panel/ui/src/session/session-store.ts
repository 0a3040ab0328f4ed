/**
 * Who is logged in, for the whole page. A session that the server ends while somebody works is *interrupted*: everything stays
 * as it is, a dialog asks for the password, and whoever waits in `signIn` goes on when the same person is back. Somebody else in
 * their place is another session, and the page starts anew: nothing of the one is shown to the other.
 */
import type { Login, Me } from '@holdfast/panel-client/schema';

export type Session =
  | { readonly kind: 'resuming' }
  /** It cannot be known: the server does not answer. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'signed-in'; readonly me: Me }
  | { readonly kind: 'interrupted'; readonly me: Me };

/** What of the client is used here. */
export interface SessionClient {
  login(body: Omit<Login, 'attemptId'> & { readonly attemptId?: string }): Promise<Me>;
  resume(): Promise<Me | undefined>;
  logout(): Promise<void>;
}

/** Asked before somebody logs out. @returns false to stay */
export type SignOutGuard = () => Promise<boolean>;

export class SessionStore {
  readonly #client: SessionClient;
  readonly #startAnew: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #guards = new Set<SignOutGuard>();
  #session: Session = { kind: 'resuming' };
  #waiting: PromiseWithResolvers<Me> | undefined;

  /** @param startAnew - forgets all that the page knows; the default loads it again */
  constructor(client: SessionClient, startAnew: () => void = () => location.assign('/')) {
    this.#client = client;
    this.#startAnew = startAnew;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Session => this.#session;

  /** Goes on with the session that the cookie stands for. Asked again while the server does not answer. */
  async resume(): Promise<void> {
    try {
      const me = await this.#client.resume();
      this.#set(me === undefined ? { kind: 'signed-out' } : { kind: 'signed-in', me });
    } catch {
      this.#set({ kind: 'unreachable' });
    }
  }

  /** @throws PanelError - refused, or nobody answered */
  async login(body: Omit<Login, 'attemptId'> & { readonly attemptId?: string }): Promise<void> {
    const before = this.#session;
    const me = await this.#client.login(body);
    if (before.kind === 'interrupted' && before.me.id !== me.id) {
      this.#startAnew();
      return;
    }
    this.#set({ kind: 'signed-in', me });
    this.#waiting?.resolve(me);
    this.#waiting = undefined;
  }

  /** The server knows this session no more. */
  interrupt(): void {
    if (this.#session.kind === 'signed-in') this.#set({ kind: 'interrupted', me: this.#session.me });
  }

  /** @returns who is logged in, when somebody is; asks for it in place. Rejected when they leave instead */
  signIn(): Promise<Me> {
    if (this.#session.kind === 'signed-in') return Promise.resolve(this.#session.me);
    this.#waiting ??= Promise.withResolvers<Me>();
    return this.#waiting.promise;
  }

  /** @returns a function that takes it away */
  guardSignOut(guard: SignOutGuard): () => void {
    this.#guards.add(guard);
    return () => this.#guards.delete(guard);
  }

  /**
   * @returns whether they did leave: a guard may want them to stay
   * @throws PanelError - the server could not be told, and the session still stands
   */
  async logout(): Promise<boolean> {
    for (const guard of this.#guards) if (!(await guard())) return false;
    await this.#client.logout();
    this.#leave();
    return true;
  }

  #leave(): void {
    this.#set({ kind: 'signed-out' });
    this.#waiting?.reject(new DOMException('logged out', 'AbortError'));
    this.#waiting = undefined;
  }

  #set(session: Session): void {
    this.#session = session;
    for (const listener of this.#listeners) listener();
  }
}
