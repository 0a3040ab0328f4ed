/**
 * The two cookies of a login: the refresh token, and a random name for the device. Only `/v1/auth` gets them, no script reads
 * them, and no request that another site has caused carries them.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import type { PanelEnv } from '../app/panel-env.ts';

/** What browsers keep a cookie for at the most, in seconds. */
const longestMaxAge = 400 * 86_400;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class LoginCookies {
  readonly #options: CookieOptions;
  readonly #refreshName: string;
  readonly #deviceName = 'holdfast-device';

  /** @param isSecure - browsers send them over TLS alone, and take the name of the token from no one else */
  constructor(isSecure: boolean) {
    this.#options = { path: '/v1/auth', httpOnly: true, sameSite: 'Strict', secure: isSecure };
    this.#refreshName = isSecure ? '__Secure-holdfast-refresh' : 'holdfast-refresh';
  }

  refreshToken(context: Context<PanelEnv>): string | undefined {
    return getCookie(context, this.#refreshName);
  }

  /** @returns undefined where there is none that we have made */
  deviceId(context: Context<PanelEnv>): string | undefined {
    const deviceId = getCookie(context, this.#deviceName);
    return deviceId !== undefined && uuid.test(deviceId) ? deviceId : undefined;
  }

  newDeviceId(): string {
    return randomUUID();
  }

  /** @param maxAgeMs - as long as the token is good for if nobody uses it */
  set(context: Context<PanelEnv>, token: string, maxAgeMs: number): void {
    const maxAge = Math.max(1, Math.min(longestMaxAge, Math.floor(maxAgeMs / 1_000)));
    setCookie(context, this.#refreshName, token, { ...this.#options, maxAge });
  }

  setDevice(context: Context<PanelEnv>, deviceId: string): void {
    setCookie(context, this.#deviceName, deviceId, { ...this.#options, maxAge: longestMaxAge });
  }

  /** After a logout alone: a refusal may be the loser of a race, whose winner has just set the cookie. */
  clear(context: Context<PanelEnv>): void {
    deleteCookie(context, this.#refreshName, this.#options);
  }
}
