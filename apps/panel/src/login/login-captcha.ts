/**
 * The CAPTCHA of the login page: our own, which is proof of work and asks nobody. The pages load nothing from other hosts, so a
 * service with a widget of its own has no place here.
 */

import type { Captcha } from '@holdfast/panel-client/schema';
import { type AltchaCaptchaOptions, altchaCaptcha, type LocalCaptcha } from '@holdfast/runtime-stores';

/** What is solved for the login passes nowhere else. */
export const loginScope = 'login:panel';

export interface LoginCaptcha {
  readonly provider: LocalCaptcha;
  /** For the page. @param nowMs - wall clock */
  offer(nowMs: number): Promise<Captcha>;
}

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
