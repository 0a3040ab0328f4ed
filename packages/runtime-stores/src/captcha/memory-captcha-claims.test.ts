import { describeCaptchaClaims } from './captcha-contract.ts';
import { MemoryCaptchaClaims } from './memory-captcha-claims.ts';

describeCaptchaClaims('the memory of a process', async () => {
  const claims = new MemoryCaptchaClaims();
  return { open: () => claims, [Symbol.asyncDispose]: async () => undefined };
});
