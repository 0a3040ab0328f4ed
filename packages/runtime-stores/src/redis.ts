/** Stores on a Redis server. The package `redis` is an optional peer: the caller brings the client. */
export { RedisCaptchaClaims, type RedisCaptchaClaimsOptions } from './captcha/redis-captcha-claims.ts';
export { RedisRateLimits, type RedisRateLimitsOptions } from './rate-limit/redis-rate-limits.ts';
export type { RedisStoreClient } from './redis/redis-scripts.ts';
export { RedisSaltStore, type RedisSaltStoreOptions } from './salt/redis-salt-store.ts';
export { RedisTokenFamilies, type RedisTokenFamiliesOptions } from './token/redis-token-families.ts';
