/**
 * The CAPTCHA of the login page: which one it is, what the page is told of it, and who decides whether it was solved. Our
 * own is the default; a service is asked over the network and needs keys.
 */

import type { Captcha } from '@holdfast/panel-client/schema';
import {
  type AltchaCaptchaOptions,
  altchaCaptcha,
  type CaptchaProvider,
  hcaptcha,
  type KnownSiteverifyOptions,
  recaptcha,
  turnstile,
} from '@holdfast/runtime-stores';

/** What is solved for the login passes nowhere else. A widget's action is the same with `_`: `login_panel`. */
export const loginScope = 'login:panel';

export interface LoginCaptcha {
  readonly provider: CaptchaProvider;
  /** For the page. @param nowMs - wall clock */
  offer(nowMs: number): Promise<Captcha>;
}

export type CaptchaService = 'turnstile' | 'hcaptcha' | 'recaptcha';

/** @throws HoldfastError CONFIG_INVALID - as `altchaCaptcha` */
export function ownCaptcha(options: AltchaCaptchaOptions): LoginCaptcha {
  const provider = altchaCaptcha(options);
  return {
    provider,
    offer: async (nowMs) => {
      const challenge = await provider.challenge(loginScope, nowMs);
      // The library's type is of a class of objects; what is sent is its JSON.
      return { provider: 'altcha', challenge: JSON.parse(JSON.stringify(challenge)) };
    },
  };
}

const services = { turnstile, hcaptcha, recaptcha } as const;

/** @throws HoldfastError CONFIG_INVALID - no secret, no host name, or an endpoint that is not https */
export function serviceCaptcha(
  service: CaptchaService,
  { siteKey, ...options }: KnownSiteverifyOptions & { readonly siteKey: string },
): LoginCaptcha {
  return {
    provider: services[service](options),
    offer: async () => ({ provider: service, siteKey }),
  };
}
