/**
 * The panel's API, typed. Reads and commands throw a `PanelError` where there is no answer; mutations answer with whatever came, for
 * `readAnswer` of `@holdfast/optimistic-client` to read. Runs in browsers, on Node and on Bun; answers are not validated, the server
 * documents and tests them.
 */
import { type ClientClock, clientClock } from './client-clock.ts';
import { type FollowOptions, followEvents } from './events/follow-events.ts';
import type { JsonObject } from './json.ts';
import { newMutationId } from './mutation-id.ts';
import { PanelError } from './panel-error.ts';
import { CookieJar } from './request/cookie-jar.ts';
import type { HttpAnswer } from './request/http-answer.ts';
import { repeat } from './request/repeat.ts';
import { type PanelRequest, Transport } from './request/transport.ts';
import type {
  AuditPage,
  AuditQuery,
  Captcha,
  Connection,
  ConnectionPage,
  ConnectionQuery,
  Customer,
  CustomerPage,
  CustomerQuery,
  Device,
  Gateway,
  GatewayDetail,
  Granted,
  Kernel,
  Login,
  Me,
  SessionPage,
  SessionQuery,
} from './schema.ts';
import { LoginSession } from './session/login-session.ts';

export interface PanelClientOptions {
  /** Where the panel is: `http://127.0.0.1:8080`. The origin of the page by default. */
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  readonly clock?: ClientClock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** The session has ended without a logout: it ran out, was revoked, or somebody else has logged in in another tab. */
  readonly onSignedOut?: () => void;
  /** Keeps the cookies itself, for programs: browsers do it for their pages. */
  readonly cookies?: boolean;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A change. `body` has what was typed, the version it is based on and a `clientMutationId`. */
export interface MutationRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  /** Such as `/v1/connections/17`. */
  readonly path: string;
  readonly body: JsonObject;
  readonly signal?: AbortSignal | undefined;
}

type Query = { readonly [name: string]: unknown };

const csrf = { 'x-holdfast-csrf': '1' } as const;

export class PanelClient {
  readonly #transport: Transport;
  readonly #session: LoginSession;
  readonly #clock: ClientClock;
  readonly #random: () => number;

  constructor(options: PanelClientOptions = {}) {
    const { baseUrl = '', cookies = false, clock = clientClock, random = Math.random } = options;
    this.#clock = clock;
    this.#random = random;
    this.#transport = new Transport({
      baseUrl: baseUrl.replace(/\/$/, ''),
      // A browser's `fetch` is called without a receiver, or refuses.
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      jar: cookies ? new CookieJar() : undefined,
    });
    this.#session = new LoginSession({
      transport: this.#transport,
      clock,
      hasTabs: !cookies,
      onSignedOut: () => options.onSignedOut?.(),
    });
  }

  /** Who is logged in, as far as is known. */
  get me(): Me | undefined {
    return this.#session.me;
  }

  /**
   * @param body - sent again under the same `attemptId`, a CAPTCHA that was used for it still counts
   * @throws PanelError login-failed, captcha-required, captcha-invalid - whether the next one needs a CAPTCHA stands in `problem.captcha`
   */
  async login(body: Omit<Login, 'attemptId'> & { readonly attemptId?: string }): Promise<Me> {
    const attempt = { attemptId: newMutationId(), ...body };
    const answer = await this.#transport.ask({ method: 'POST', path: '/v1/auth/login', body: attempt });
    const granted = documentOf<Granted>(answer);
    this.#session.begin(granted);
    return granted.me;
  }

  /** Who the cookie stands for; undefined for nobody. @throws PanelError when the server does not say */
  async resume(): Promise<Me | undefined> {
    const access = await this.#session.resume();
    if (access.kind === 'refused' && access.answer.status !== 401) throw new PanelError(access.answer);
    return this.#session.me;
  }

  /** @throws PanelError when the server could not be told: then the session still stands */
  async logout(): Promise<void> {
    const answer = await this.#transport.ask({ method: 'POST', path: '/v1/auth/logout', headers: csrf });
    if (answer.status !== 204 && answer.status !== 401) throw new PanelError(answer);
    this.#session.end();
  }

  async captcha(): Promise<Captcha> {
    return documentOf(await this.#transport.ask({ method: 'GET', path: '/v1/auth/captcha' }));
  }

  connections(query: ConnectionQuery = {}, options?: ReadOptions): Promise<ConnectionPage> {
    return this.#read('/v1/connections', options, query);
  }

  /** Never older than what was committed before it was asked for. */
  connection(id: string, options?: ReadOptions): Promise<Connection> {
    return this.#read(`/v1/connections/${part(id)}`, options);
  }

  connectionHistory(id: string, query: AuditQuery = {}, options?: ReadOptions): Promise<AuditPage> {
    return this.#read(`/v1/connections/${part(id)}/history`, options, query);
  }

  customers(query: CustomerQuery = {}, options?: ReadOptions): Promise<CustomerPage> {
    return this.#read('/v1/customers', options, query);
  }

  customer(id: string, options?: ReadOptions): Promise<Customer> {
    return this.#read(`/v1/customers/${part(id)}`, options);
  }

  sessions(query: SessionQuery = {}, options?: ReadOptions): Promise<SessionPage> {
    return this.#read('/v1/sessions', options, query);
  }

  gateways(options?: ReadOptions): Promise<{ readonly items: readonly Gateway[] }> {
    return this.#read('/v1/gateways', options);
  }

  gateway(name: string, options?: ReadOptions): Promise<GatewayDetail> {
    return this.#read(`/v1/gateways/${part(name)}`, options);
  }

  kernel(name: string, options?: ReadOptions): Promise<Kernel> {
    return this.#read(`/v1/gateways/${part(name)}/kernel`, options);
  }

  audit(query: AuditQuery = {}, options?: ReadOptions): Promise<AuditPage> {
    return this.#read('/v1/audit', options, query);
  }

  devices(options?: ReadOptions): Promise<{ readonly items: readonly Device[] }> {
    return this.#read('/v1/auth/devices', options);
  }

  async revokeDevice(id: string): Promise<void> {
    // With a body, so that there is a length: a DELETE without one leaves open whether something follows.
    accepted(await this.#authorized({ method: 'DELETE', path: `/v1/auth/devices/${part(id)}`, body: {} }));
  }

  /** The other devices are logged out by it. */
  async changePassword(body: { readonly current: string; readonly next: string }): Promise<void> {
    accepted(await this.#authorized({ method: 'POST', path: '/v1/auth/password', body }));
  }

  /** One try; a token that has run out is refreshed. Status 0 says that nothing came back. Rejects only when aborted. */
  send(request: MutationRequest): Promise<HttpAnswer> {
    return this.#authorized(request);
  }

  /**
   * As `send`, but the same body, and so the same `clientMutationId`, is sent again while the answer says that this may help.
   *
   * @param request - a body without an id gets one
   * @returns the last answer
   */
  mutate(request: MutationRequest, { tries = 5 }: { readonly tries?: number } = {}): Promise<HttpAnswer> {
    const { signal } = request;
    const body = { clientMutationId: newMutationId(), ...request.body };
    const send = () => this.send({ ...request, body });
    return repeat(send, { tries, clock: this.#clock, random: this.#random, signal });
  }

  /** Comes back with growing waits when the connection is lost; `hello` says that events may have been missed. */
  events(options: FollowOptions): Promise<void> {
    const session = this.#session;
    return followEvents(
      {
        connect: (signal) =>
          session.authorized(
            (headers) => this.#transport.stream({ method: 'GET', path: '/v1/events', headers, signal }),
            signal,
          ),
        whenLoggedIn: (signal) => session.whenLoggedIn(signal),
        clock: this.#clock,
        random: this.#random,
      },
      options,
    );
  }

  async #read<T>(path: string, { signal }: ReadOptions = {}, query: Query = {}): Promise<T> {
    return documentOf(await this.#authorized({ method: 'GET', path: withQuery(path, query), signal }));
  }

  #authorized(request: PanelRequest): Promise<HttpAnswer> {
    return this.#session.authorized(
      (headers) => this.#transport.ask({ ...request, headers }),
      request.signal,
    );
  }
}

function documentOf<T>(answer: HttpAnswer): T {
  accepted(answer);
  if (answer.body === undefined) throw new PanelError(answer);
  return answer.body as T;
}

function accepted(answer: HttpAnswer): void {
  if (answer.status < 200 || answer.status >= 300) throw new PanelError(answer);
}

function part(name: string): string {
  return encodeURIComponent(name);
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(Object.fromEntries(given))}`;
}
