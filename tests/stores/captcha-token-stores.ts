/** The stores of CAPTCHAs and refresh tokens on every backend, opened by where they are: by tests and by their children. */
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import {
  altchaCaptcha,
  type CaptchaClaims,
  FileCaptchaClaims,
  FileTokenFamilies,
  type TokenFamilies,
} from '@holdfast/runtime-stores';
import { RedisCaptchaClaims, RedisTokenFamilies } from '@holdfast/runtime-stores/redis';
import { TruthCaptchaClaims, TruthTokenFamilies } from '@holdfast/runtime-stores/sql';
import { openTruth } from '@holdfast/truth-db';
import { redisClientOf } from '../support/redis-hosts.ts';

export const backends = ['file', 'SQLite', 'MariaDB', 'Redis'] as const;
export type Backend = (typeof backends)[number];

/** Hardly any work, and the same secret in every process. */
export const easyCaptcha = altchaCaptcha({ secret: 'the same in all processes', cost: 1, keyPrefix: '0' });

export interface LoginStores extends AsyncDisposable {
  readonly families: (profile: string) => TokenFamilies;
  readonly claims: CaptchaClaims;
  /** Removes all of both; for servers. */
  forget(): Promise<void>;
}

/** @param place - a directory, a URL of a migrated truth, or the socket of a Redis server */
export async function openStores(backend: Backend, place: string): Promise<LoginStores> {
  if (backend === 'file') return openFiles(place);
  return backend === 'Redis' ? await openRedis(place) : await openSql(place);
}

function openFiles(directory: string): LoginStores {
  const runner = new LockRunner({ directory: join(directory, 'locks') });
  // Patient: a loaded machine is no reason to refuse.
  const common = { runner, waitMs: 30_000 };
  return {
    families: (profile) =>
      new FileTokenFamilies({ ...common, directory: join(directory, 'stores/token'), profile }),
    claims: new FileCaptchaClaims({ ...common, directory: join(directory, 'stores/captcha') }),
    forget: () => Promise.reject(new Error('files are made anew instead')),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function openSql(url: string): LoginStores {
  const truth = openTruth(url, { busyTimeoutMs: 30_000 });
  return {
    families: (profile) => new TruthTokenFamilies(truth, { profile }),
    claims: new TruthCaptchaClaims(truth),
    forget: async () => {
      for (const table of ['captcha_claims', 'token_families'] as const)
        await truth.db.deleteFrom(table).execute();
    },
    [Symbol.asyncDispose]: () => truth.close(),
  };
}

async function openRedis(path: string): Promise<LoginStores> {
  const client = redisClientOf(path);
  await client.connect();
  const common = { client, answerMs: 30_000 };
  return {
    families: (profile) => new RedisTokenFamilies({ ...common, profile }),
    claims: new RedisCaptchaClaims(common),
    forget: async () => {
      await client.flushAll();
    },
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}
