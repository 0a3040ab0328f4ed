/** `docs/locking.md` and the lock kit say the same: what each backend promises, which events there are, what they tell. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { LockGuarantee } from '@holdfast/base';
import {
  flockBackend,
  type LockBackendFactory,
  LockRunner,
  layeredBackend,
  lockfileBackend,
  processBackend,
} from '@holdfast/lock-runner';
import { mysqlBackend } from '@holdfast/lock-runner/mysql';
import { redisBackend } from '@holdfast/lock-runner/redis';
import { createClient } from 'redis';
import { afterEach, describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { codesOf, tablesOf } from './markdown.ts';
import { sourceFiles } from './source-files.ts';

const document = readFileSync(join(repository, 'docs/locking.md'), 'utf8');
const events = tablesOf(document).find(({ columns }) => columns[0] === 'channel')?.rows ?? [];
const documented = new Map(events.map(([name = '', , fields = '']) => [codesOf(name)[0], codesOf(fields)]));

const heard = new Map<string, unknown>();
const listen = (message: unknown, name: string | symbol) => heard.set(String(name), message);

afterEach(() => {
  for (const name of documented.keys()) unsubscribe(name ?? '', listen);
  heard.clear();
});

/** None of them is connected: what a backend promises does not depend on its server. */
const redis = redisBackend({ client: createClient() });
const backends: readonly (readonly [string, LockBackendFactory])[] = [
  ['`process`', processBackend()],
  ['`flock` (default on local file systems)', flockBackend()],
  ['`lockfile` on a local file system', lockfileBackend({ reach: 'host' })],
  ['`lockfile` on a network file system', lockfileBackend({ reach: 'network' })],
  ['`mysql`', mysqlBackend({ connection: 'mysql://localhost/holdfast' })],
  ['`redis`', redis],
  ['`layered` (process, flock, redis)', layeredBackend(processBackend(), flockBackend(), redis)],
];

describe('the backends in docs/locking.md', () => {
  it('promise what their guarantee says', async () => {
    await using directory = await temporaryDirectory();
    const { rows = [] } = tablesOf(document).find(({ columns }) => columns[0] === 'backend') ?? {};
    const promised = backends.map(([name, backend]) => [
      name,
      ...wordsOf(new LockRunner({ directory: directory.path, backend }).guarantee),
    ]);
    expect(rows).toEqual(promised);
  });
});

function wordsOf({ scope, crashRelease, canBeLost, fenced, fair }: LockGuarantee): readonly string[] {
  return [scope, crashRelease, canBeLost ? 'yes' : 'no', fenced ? 'yes' : 'no', fair ? 'fair' : 'unfair'];
}

describe('the events in docs/locking.md', () => {
  it('are the channels of the lock kit', () => {
    const text = sourceFiles('packages/lock-runner/src').map((file) => file.text);
    const channels = text.flatMap((source) => [...source.matchAll(/channel\('([^']+)'\)/g)]);
    expect([...documented.keys()].toSorted()).toEqual(channels.map(([, name]) => name).toSorted());
  });

  it('have the fields that are told', async () => {
    for (const name of documented.keys()) subscribe(name ?? '', listen);
    await using directory = await temporaryDirectory();
    const runner = new LockRunner({ directory: directory.path, backend: 'process' });
    await using held = await runner.acquire('events', { holdDeadlineMs: 1 });
    await runner.run('events', { waitMs: 1 }, () => undefined).catch(() => undefined);
    while (!held.signal.aborted) await turn();
    await held.release();
    expect(heard.size).toBeGreaterThanOrEqual(5);
    for (const [name, message] of heard) {
      expect(Object.keys(message as object).toSorted(), name).toEqual(documented.get(name)?.toSorted());
    }
  });
});
