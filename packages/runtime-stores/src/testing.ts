/** For tests only: stores in the memory of one process, and the contracts that every store passes. */
export { MemoryCaptchaClaims } from './captcha/memory-captcha-claims.ts';
export { MemoryRateLimits } from './rate-limit/memory-rate-limits.ts';
export { MemorySaltStore } from './salt/memory-salt-store.ts';
export { MemoryTokenFamilies, type MemoryTokenFamiliesOptions } from './token/memory-token-families.ts';
