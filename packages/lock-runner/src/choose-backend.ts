/**
 * The backend of a runner: the one that was asked for, or the one that the file system of the directory allows. That is
 * looked at when somebody first asks, so a runner that is made and not used touches nothing, and told once per runner when
 * it is not the first choice.
 */
import { HoldfastError, type LockGuarantee, type LockMode, type LockReport } from '@holdfast/base';
import { fileSystemOf } from './directory/file-system.ts';
import { createFlockBackend } from './flock/flock-backend.ts';
import type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from './lock-backend.ts';
import { lockfileBackend } from './lockfile/lockfile-backend.ts';
import { createProcessBackend } from './process/process-backend.ts';

/**
 * `auto` is flock on a local file system and lockfile on a network one. A factory brings a backend with peers or options of
 * its own.
 */
export type LockBackendChoice = 'auto' | 'flock' | 'lockfile' | 'process' | LockBackendFactory;

/** @throws HoldfastError CONFIG_INVALID - from a caller without types: there is no backend of that name */
export function chooseBackend(choice: LockBackendChoice, context: LockBackendContext): LockBackend {
  if (typeof choice === 'function') return choice(context);
  switch (choice) {
    case 'process':
      return createProcessBackend(context);
    case 'flock':
      return createFlockBackend(context);
    case 'lockfile':
      return lockfileBackend()(context);
    case 'auto':
      return new AutoBackend(context);
    default:
      throw new HoldfastError(
        'CONFIG_INVALID',
        `no lock backend is called ${String(choice satisfies never)}`,
      );
  }
}

class AutoBackend implements LockBackend {
  readonly #context: LockBackendContext;
  #decided: LockBackend | undefined;

  constructor(context: LockBackendContext) {
    this.#context = context;
  }

  get name(): string {
    return this.#backend.name;
  }

  get guarantee(): LockGuarantee {
    return this.#backend.guarantee;
  }

  get modes(): readonly LockMode[] {
    return this.#backend.modes;
  }

  keyOf(scope: string): string {
    return this.#backend.keyOf(scope);
  }

  acquire(request: LockRequest): Grant | undefined | Promise<Grant | undefined> {
    return this.#backend.acquire(request);
  }

  who(scope: string): LockReport | Promise<LockReport> {
    return this.#backend.who(scope);
  }

  async close(): Promise<void> {
    await this.#decided?.close?.();
  }

  get #backend(): LockBackend {
    this.#decided ??= this.#decide();
    return this.#decided;
  }

  #decide(): LockBackend {
    const { directory, events } = this.#context;
    const { network } = fileSystemOf(directory);
    if (network === undefined) return createFlockBackend(this.#context);
    const backend = lockfileBackend()(this.#context);
    events?.tell('fallback', {
      directory,
      backend: backend.name,
      reason: `the directory is on ${network}, where flock(2) does not exclude reliably`,
    });
    return backend;
  }
}
