/** The backend of a child, as its test can say it on a command line; servers and their clients are loaded when they are used. */
import { type LockBackendChoice, type LockfileOptions, lockfileBackend } from '@holdfast/lock-runner';
import type { ConnectionOptions } from 'mysql2/promise';
import { flockWith, type HelperName } from './flock-with.ts';

export type ChildBackend =
  | 'auto'
  | 'flock'
  | 'lockfile'
  | { readonly kind: 'flock'; readonly helper: HelperName }
  | ({ readonly kind: 'lockfile' } & LockfileOptions)
  | { readonly kind: 'mysql'; readonly connection: ConnectionOptions; readonly leaseMs: number }
  | { readonly kind: 'redis'; readonly path: string; readonly leaseMs: number };

export interface OpenBackend extends Disposable {
  readonly choice: LockBackendChoice;
}

/** Disposing closes what the backend was given and does not close itself. */
export async function openBackend(backend: ChildBackend): Promise<OpenBackend> {
  if (typeof backend === 'string') return opened(backend);
  switch (backend.kind) {
    case 'flock':
      return opened(await flockWith(backend.helper));
    case 'lockfile': {
      const { kind: _kind, ...options } = backend;
      return opened(lockfileBackend(options));
    }
    case 'mysql': {
      const { mysqlBackend } = await import('@holdfast/lock-runner/mysql');
      const { connection, leaseMs } = backend;
      return opened(mysqlBackend({ connection, leaseMs }));
    }
    case 'redis':
      return openRedis(backend);
    default:
      return backend satisfies never;
  }
}

async function openRedis({ path, leaseMs }: Extract<ChildBackend, { kind: 'redis' }>): Promise<OpenBackend> {
  const [{ redisBackend }, { redisClientOf }] = await Promise.all([
    import('@holdfast/lock-runner/redis'),
    import('../support/redis-hosts.ts'),
  ]);
  const client = redisClientOf(path);
  await client.connect();
  return { choice: redisBackend({ client, leaseMs }), [Symbol.dispose]: () => client.destroy() };
}

function opened(choice: LockBackendChoice): OpenBackend {
  return { choice, [Symbol.dispose]: () => undefined };
}
