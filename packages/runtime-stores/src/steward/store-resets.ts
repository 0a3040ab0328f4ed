/**
 * Resets of areas, through `ResetExecutor` and under all the locks that guard what they touch: carried out, resumed, listed,
 * undone, pruned. What a killed reset has left is healed by the next one of its area, before anything else.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, errnoOf, type Held, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type {
  ListedReset,
  PruneReport,
  ResetAction,
  ResetPlan,
  ResetPort,
  ResetReceipt,
} from '@holdfast/reset-executor';
import { holdAll } from './hold-all.ts';
import { type ResetRoot, resetRootOf } from './reset-root.ts';
import type { StewardReason } from './steward-reason.ts';
import type { StoreArea } from './store-area.ts';

export interface StoreResetsOptions {
  /** `STATE_DIR/stores`. */
  readonly storesDirectory: string;
  /** All there are: a reset may touch documents of several. */
  readonly areas: readonly StoreArea[];
  readonly runner: LockRunner;
  readonly clock?: Clock;
  /** The file system; tests make single calls fail. */
  readonly fs?: ResetPort;
}

export interface WaitOptions {
  /** How long to wait for the locks together, in milliseconds; 30 000. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be reset, once nobody else can change it. */
export interface PreparedReset {
  readonly reason: StewardReason;
  readonly actions: readonly ResetAction[];
}

/** A reset and where it lies. */
export type StoredReset = ListedReset & { readonly root: string };

const defaultWaitMs = 30_000;

export class StoreResets {
  readonly #options: StoreResetsOptions;
  readonly #clock: Clock;

  constructor(options: StoreResetsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  rootOf(area: StoreArea): ResetRoot {
    const { storesDirectory, fs } = this.#options;
    return resetRootOf(area, { storesDirectory, clock: this.#clock, fs });
  }

  /** What a reset would do now. Takes no lock, writes nothing. @throws as `ResetExecutor.plan` */
  async plan(area: StoreArea, { reason, actions }: PreparedReset): Promise<ResetPlan> {
    return await this.rootOf(area).executor.plan({ reason, scope: area.name, actions });
  }

  /**
   * @param paths - absolute, of the documents that may be touched, asked when the area is held
   * @param prepare - decides, when nobody can change them any more; undefined to leave it
   * @throws HoldfastError LOCK_BUSY, CANCELLED - nothing was done
   * @throws HoldfastError as `ResetExecutor.reset`
   */
  async carryOut(
    area: StoreArea,
    {
      paths,
      prepare,
      ...wait
    }: WaitOptions & {
      readonly paths: () => Promise<readonly string[]>;
      readonly prepare: () => Promise<PreparedReset | undefined>;
    },
  ): Promise<ResetReceipt | undefined> {
    const root = this.rootOf(area);
    return await this.#hold(area, { ...wait, root, paths, purpose: 'reset of a store' }, async (held) => {
      await root.executor.resume(held);
      const prepared = await prepare();
      if (prepared === undefined) return undefined;
      return await root.executor.reset({ ...prepared, scope: area.name }, held);
    });
  }

  /** Heals what a killed reset of the area has left. @returns ids that were completed or taken back */
  async resume(area: StoreArea, wait: WaitOptions = {}): Promise<readonly string[]> {
    const root = this.rootOf(area);
    if ((await unfinishedOf(root, area)).length === 0 && !hasPreparations(root)) return [];
    const paths = async () => [];
    return await this.#hold(area, { ...wait, root, paths, purpose: 'resume of a reset' }, async (held) => {
      const { completed, takenBack } = await root.executor.resume(held);
      return [...completed, ...takenBack.map(({ id }) => id)];
    });
  }

  /** Newest first in each root. Takes no lock. */
  async list(): Promise<readonly StoredReset[]> {
    const listed: StoredReset[] = [];
    for (const root of this.#roots()) {
      const resets = await listOf(root);
      listed.push(...resets.map((reset) => ({ ...reset, root: root.directory })));
    }
    return listed;
  }

  /**
   * @param overwrite - files that changed since go to the trash, instead of the undo being refused
   * @throws HoldfastError RESET_UNKNOWN, RESET_CONFLICT - nothing was done
   */
  async undo(
    id: string,
    { overwrite = false, ...wait }: WaitOptions & { readonly overwrite?: boolean },
  ): Promise<ResetReceipt> {
    const { area, root, files } = await this.#find(id);
    const paths = async () => files.map((path) => join(root.directory, path));
    return await this.#hold(area, { ...wait, root, paths, purpose: 'undo of a reset' }, (held) =>
      root.executor.undo(id, held, { overwrite }),
    );
  }

  /** Leaves to people what can go neither forward nor back. @returns where it lies */
  async setAside(id: string, wait: WaitOptions = {}): Promise<string> {
    for (const area of this.#options.areas) {
      const root = this.rootOf(area);
      if (!(await listOf(root)).some((reset) => reset.id === id)) continue;
      const options = { waitMs: wait.waitMs ?? defaultWaitMs, purpose: 'giving up a reset' };
      try {
        return await this.#options.runner.run(area.name, options, async (held) => {
          return (await root.executor.setAside(id, held)).directory;
        });
      } catch (error) {
        if (!isHoldfastError(error, 'LOCK_WRONG_SCOPE')) throw error; // of another area in this root
      }
    }
    throw unknown(id);
  }

  /** Deletes resets of the area for good, but the newest ones. */
  async prune(area: StoreArea, olderThanMs: number, wait: WaitOptions = {}): Promise<PruneReport> {
    const root = this.rootOf(area);
    const isOld = (reset: ListedReset) =>
      'scope' in reset && reset.scope === area.name && reset.ageMs >= olderThanMs;
    if (!(await listOf(root)).some(isOld)) return { removed: [], bytes: 0, kept: [] };
    const options = { waitMs: wait.waitMs ?? defaultWaitMs, purpose: 'pruning of resets' };
    return await this.#options.runner.run(area.name, options, (held) =>
      root.executor.prune({ olderThanMs }, held),
    );
  }

  /** Under the area, the documents that are named, and those of resets that are to be healed. */
  async #hold<Result>(
    area: StoreArea,
    options: WaitOptions & {
      readonly root: ResetRoot;
      readonly paths: () => Promise<readonly string[]>;
      readonly purpose: string;
    },
    work: (held: Held) => Promise<Result>,
  ): Promise<Result> {
    const { root, paths, purpose, waitMs = defaultWaitMs, signal } = options;
    const documentsOf = async () => {
      const interrupted = (await unfinishedOf(root, area)).map((path) => join(root.directory, path));
      const all = [...(await paths()), ...interrupted];
      return all.flatMap((path) => this.#scopeOf(path) ?? []);
    };
    return await holdAll(this.#options.runner, area.name, { waitMs, signal, purpose, documentsOf }, work);
  }

  #scopeOf(path: string): string | undefined {
    for (const area of this.#options.areas) {
      const found = area.scopeOf(path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #find(id: string) {
    for (const area of this.#options.areas) {
      const root = this.rootOf(area);
      const reset = (await listOf(root)).find((each) => each.id === id);
      if (reset !== undefined && 'scope' in reset && reset.scope === area.name)
        return { area, root, files: reset.files };
    }
    throw unknown(id);
  }

  #roots(): readonly ResetRoot[] {
    const roots = this.#options.areas.map((area) => this.rootOf(area));
    return [...new Map(roots.map((root) => [root.directory, root])).values()];
  }
}

/** Relative paths in resets of the area that a killed holder has left half done. */
async function unfinishedOf(root: ResetRoot, area: StoreArea): Promise<readonly string[]> {
  const listed = await listOf(root);
  return listed.flatMap((reset) =>
    reset.status === 'unfinished' && reset.scope === area.name ? reset.files : [],
  );
}

/** Whether somebody has prepared a reset and not committed it: is at it, or was killed. */
function hasPreparations({ directory }: ResetRoot): boolean {
  try {
    return readdirSync(join(directory, '.trash')).some((name) => name.endsWith('.disposable'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Nothing has been reset where there is no directory. */
async function listOf({ executor }: ResetRoot): Promise<readonly ListedReset[]> {
  try {
    return await executor.list();
  } catch (error) {
    if (isHoldfastError(error, 'STATE_DIRECTORY')) return [];
    throw error;
  }
}

function unknown(id: string): HoldfastError {
  return new HoldfastError('RESET_UNKNOWN', `no store has a reset ${JSON.stringify(id.slice(0, 80))}`, {
    details: { id },
  });
}
