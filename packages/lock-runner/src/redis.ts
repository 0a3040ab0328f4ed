/** Locks on a Redis server. The package `redis` is an optional peer: the caller brings the client. */
export { type RedisBackendOptions, redisBackend } from './redis/redis-backend.ts';
export type {
  RedisLockClient,
  RedisScriptArguments,
  RedisScriptRunner,
  RedisSubscriber,
} from './redis/redis-client.ts';
