/** What the stores are told when the Redis server is away, slow, refuses or has something else under their keys. */
import { symlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { RedisCaptchaClaims } from '../captcha/redis-captcha-claims.ts';
import { RedisTokenFamilies } from '../token/redis-token-families.ts';
import { TokenRotation } from '../token/token-rotation.ts';

const claim = { hash: 'ab'.repeat(32), scope: 'login:web', attemptId: 'one', state: 'ok' } as const;

describe.skipIf(isMissing('redis'))('a store on a Redis server', () => {
  let server: RedisServer;
  let client: RedisClient;

  beforeAll(async () => {
    server = await startRedisServer();
    client = redisClientOf(server.socketPath);
    await client.connect();
  });
  afterEach(() => client.flushAll());
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  const unreachable = { code: 'STORE_UNREACHABLE' };

  it('that is connecting still, or again, refuses at once and keeps no command for later', async () => {
    const away = redisClientOf(`${server.socketPath}.later`);
    const connecting = away.connect();
    const claims = new RedisCaptchaClaims({ client: away, answerMs: 3_600_000 });
    await expect(claims.claim(claim, 60_000)).rejects.toMatchObject(unreachable);
    symlinkSync(server.socketPath, `${server.socketPath}.later`);
    await connecting;
    expect(await claims.claim(claim, 60_000)).toEqual({ kind: 'claimed' });
    away.destroy();
  });

  it('that does not answer is given up, and lets nobody through who was not heard', async () => {
    const claims = new RedisCaptchaClaims({ client, answerMs: 50 });
    process.kill(server.pid, 'SIGSTOP');
    await expect(claims.claim(claim, 60_000)).rejects.toMatchObject(unreachable);
    process.kill(server.pid, 'SIGCONT');
    await new RedisCaptchaClaims({ client }).withdraw(claim);
  });

  it('that refuses is told by the first word of it', async () => {
    await client.configSet('maxmemory', '1');
    const claimed = new RedisCaptchaClaims({ client }).claim(claim, 60_000);
    await expect(claimed).rejects.toMatchObject({ ...unreachable, details: { reply: 'OOM' } });
    await client.configSet('maxmemory', '0');
    expect(await client.keys('*')).toEqual([]);
  });

  it('that was restarted is told its scripts again', async () => {
    const claims = new RedisCaptchaClaims({ client });
    await claims.claim(claim, 60_000);
    await client.scriptFlush();
    expect(await claims.claim(claim, 60_000)).toMatchObject({ kind: 'taken' });
  });

  it('with something else under a key answers nothing', async () => {
    const rotation = new TokenRotation({ families: new RedisTokenFamilies({ client, profile: 'web' }) });
    const { token, session } = await rotation.issue({ userId: 'ana' });
    const key = `holdfast:token:{web}:family:${session.familyId}`;
    for (const foreign of ['many', '{"familyId":"x"}']) {
      await client.set(key, foreign);
      await expect(rotation.refresh(token)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      await expect(rotation.logout(token)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    }
    await client.hSet(`holdfast:captcha:${claim.hash}`, 'state', 'used');
    const claims = new RedisCaptchaClaims({ client });
    await expect(claims.claim(claim, 60_000)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('keeps families and lists of them as long as they count, and no secret in a name', async () => {
    const families = new RedisTokenFamilies({ client, profile: 'web' });
    const rotation = new TokenRotation({ families, policy: { idleMs: 60_000, absoluteMs: 120_000 } });
    const { token } = await rotation.issue({ userId: 'ana@example.com' });
    await rotation.refresh(token);
    const keys = await client.keys('*');
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).not.toContain('ana');
      const leftMs = await client.pTTL(key);
      expect(leftMs).toBeGreaterThan(60_000);
      expect(leftMs).toBeLessThanOrEqual(120_000);
    }
  });
});
