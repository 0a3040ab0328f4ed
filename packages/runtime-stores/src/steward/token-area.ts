/**
 * The families of a profile as an area: documents of families, and those that name the families of a user. The second kind
 * can be made anew from the first, and has to be: a family that no list names could not be revoked with the others of its user.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type { KeyedDocuments } from '../documents/keyed-documents.ts';
import { shardOfKey } from '../documents/shard-of-key.ts';
import { familySchema, userFamiliesSchema } from '../token/family-schema.ts';
import { FileTokenFamilies } from '../token/file-token-families.ts';
import type { TokenFamily } from '../token/token-family.ts';
import { KeyedArea } from './keyed-area.ts';

export interface TokenAreaOptions {
  /** Of all profiles. */
  readonly directory: string;
  readonly profile: string;
  readonly runner: LockRunner;
  /** How long a sweep waits for the lock of a document, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

/** The longest absolute time of the default policy. */
const longestLifeMs = 30 * 24 * 3_600_000;

export function tokenArea({ clock = systemClock, ...options }: TokenAreaOptions): KeyedArea {
  const { families, users, scope } = new FileTokenFamilies({ ...options, clock });
  return new KeyedArea({
    store: 'token',
    name: scope,
    directory: join(options.directory, options.profile),
    durability: 'full',
    longestLifeMs,
    clock,
    sets: [
      {
        documents: families,
        entry: familySchema,
        isExpired: (family: TokenFamily, nowMs) => family.absoluteExpiresAtMs < nowMs,
        describe: (family: TokenFamily, nowMs) => ({
          user: family.userId,
          generation: family.generation,
          isRevoked: family.revokedAtMs !== null,
          endsInMs: family.absoluteExpiresAtMs - nowMs,
        }),
      },
      {
        documents: users,
        entry: userFamiliesSchema,
        isExpired: (listed: Readonly<Record<string, number>>, nowMs) =>
          Object.values(listed).every((endsMs) => endsMs < nowMs),
        describe: (listed: Readonly<Record<string, number>>) => ({ families: Object.keys(listed).length }),
        rebuild: (shard) => listedUsers(families, shard),
      },
    ],
  });
}

/** What the lists of a shard have to say, by the families there are. Under the lock of the profile nobody adds one. */
async function listedUsers(
  families: KeyedDocuments<TokenFamily>,
  shard: string,
): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const users: Record<string, Record<string, number>> = {};
  for await (const listed of families.list()) {
    if (!('entries' in listed)) continue; // damaged: its own reset logs its families out
    for (const { familyId, userId, absoluteExpiresAtMs } of Object.values(listed.entries)) {
      const { entry, shard: found } = shardOfKey(userId, shard.length);
      if (found !== shard) continue;
      users[entry] = { ...users[entry], [familyId]: absoluteExpiresAtMs };
    }
  }
  return users;
}
