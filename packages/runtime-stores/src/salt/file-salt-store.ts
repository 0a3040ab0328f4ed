/**
 * A salt in a file of this host: one checksummed document with its last good generation, 0600 in a directory 0700, changed
 * under the lock `salt:NAME` and flushed before anybody uses it. A salt that a power cut takes back would orphan every key
 * that was made with it, so nothing less than durability 'full' will do.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, errnoOf, HoldfastError, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { StateReader } from '@holdfast/state';
import { saltSchema } from './salt-schema.ts';
import type { SaltState } from './salt-state.ts';
import type { SaltChange, SaltStore } from './salt-store.ts';

export interface FileSaltStoreOptions {
  /** Of salts alone; created 0700 at the first change. */
  readonly directory: string;
  /** Letters, digits and hyphens. Default `ip`. */
  readonly name?: string;
  readonly runner: LockRunner;
  /** How long a change waits for its lock, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

const defaultWaitMs = 2_000;

export class FileSaltStore implements SaltStore {
  readonly path: string;
  /** What guards it. */
  readonly scope: string;
  readonly #directory: string;
  readonly #reader: StateReader<SaltState>;
  readonly #runner: LockRunner;
  readonly #waitMs: number;
  readonly #clock: Clock;

  /** @throws HoldfastError CONFIG_INVALID - the name is none */
  constructor(options: FileSaltStoreOptions) {
    const { directory, name = 'ip', clock = systemClock } = options;
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name))
      throw new HoldfastError('CONFIG_INVALID', `${JSON.stringify(name.slice(0, 80))} is no name of a salt`);
    this.path = join(directory, `${name}.json`);
    this.scope = saltScope(name);
    this.#directory = directory;
    const writer = new AtomicWriter({ durability: 'full', mode: 0o600 });
    this.#reader = new StateReader({ validator: saltSchema, writer, scope: this.scope, clock });
    this.#runner = options.runner;
    this.#waitMs = options.waitMs ?? defaultWaitMs;
    this.#clock = clock;
  }

  async read(): Promise<SaltState | undefined> {
    return this.#reader.readSync(this.path).value;
  }

  async change(change: SaltChange): Promise<SaltState | undefined> {
    const options = { waitMs: this.#waitMs, purpose: 'salt' };
    return await this.#runner.run(this.scope, options, (held) => {
      const { value } = this.#reader.readSync(this.path);
      const next = change(value, this.#clock.wallMs());
      if (next === undefined) return value;
      makeDirectory(this.#directory);
      return this.#reader.updateSync(this.path, held, () => next).value;
    });
  }
}

/** The lock of the salt `name`. */
export function saltScope(name: string): string {
  return `salt:${name}`;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new HoldfastError('STATE_DIRECTORY', `the directory ${path} cannot be made`, {
      cause,
      details: { path, errno: errnoOf(cause) },
    });
  }
}
