/** A browser as far as a login needs one: it keeps cookies, sends what a page of the panel sends, and knows its access token. */
import { randomUUID } from 'node:crypto';
import type { Granted } from '@holdfast/panel-client/schema';

export type Send = (path: string, init: RequestInit) => Promise<Response>;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every kind
  readonly body: any;
}

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class LoginBrowser {
  readonly cookies = new Map<string, string>();
  /** Whole, as they came. */
  readonly setCookies: string[] = [];
  accessToken: string | undefined;
  readonly #send: Send;
  readonly #address: string;

  constructor(send: Send, address: string) {
    this.#send = send;
    this.#address = address;
  }

  get refreshToken(): string | undefined {
    return this.cookies.get('holdfast-refresh') ?? this.cookies.get('__Secure-holdfast-refresh');
  }

  async login(email: string, password: string, more: object = {}): Promise<Answered> {
    const body = { email, password, attemptId: randomUUID(), ...more };
    return this.#granted(await this.send('POST', '/v1/auth/login', { body }));
  }

  async refresh(): Promise<Answered> {
    const headers = { 'X-Holdfast-Csrf': '1' };
    return this.#granted(await this.send('POST', '/v1/auth/refresh', { headers }));
  }

  async logout(): Promise<Answered> {
    return await this.send('POST', '/v1/auth/logout', { headers: { 'X-Holdfast-Csrf': '1' } });
  }

  /** The status of a request that only somebody who is logged in may make. */
  async me(accessToken = this.accessToken): Promise<number> {
    return (await this.send('GET', '/v1/me', { headers: bearer(accessToken) })).status;
  }

  async asMe(method: string, path: string, { body, headers }: Sent = {}): Promise<Answered> {
    return await this.send(method, path, { body, headers: { ...bearer(this.accessToken), ...headers } });
  }

  async send(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answered> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.#send(path, {
      method,
      headers: {
        'test-address': this.#address,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(cookie !== '' && path.startsWith('/v1/auth') && { cookie }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    this.#keep(response.headers.getSetCookie());
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  #granted(answered: Answered): Answered {
    if (answered.status === 200) this.accessToken = (answered.body as Granted).accessToken;
    return answered;
  }

  #keep(setCookies: readonly string[]): void {
    for (const text of setCookies) {
      this.setCookies.push(text);
      const [pair = ''] = text.split(';');
      const [name = '', value = ''] = pair.split('=');
      if (/; Max-Age=0(;|$)/i.test(text)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
