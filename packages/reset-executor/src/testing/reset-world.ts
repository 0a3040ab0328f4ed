/**
 * Files that are reset, written, crashed upon and pruned in any order, and a model of what may be there: files are old or
 * new as one, and every content that a reset or undo took away is found until it is pruned.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import fc from 'fast-check';
import { expect } from 'vitest';
import { ResetExecutor } from '../reset-executor.ts';
import type { ResetAction, ResetPlan } from '../reset-plan.ts';
import { nodeResetPort, type ResetPort } from '../reset-port.ts';
import { crashAt, failingPort } from './failing-reset-port.ts';

const paths = ['a', 'sub/b', 'sub/c'] as const;
const conflict = expect.objectContaining({ code: 'RESET_CONFLICT' });
type State = Readonly<Record<string, string | undefined>>;

const path = fc.constantFrom(...paths);
/** The call at which the process dies; most never get so far, and `undefined` never dies. */
const crash = fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined });
const kinds = fc.record({
  a: fc.constantFrom('keep', 'remove', 'replace'),
  'sub/b': fc.constantFrom('keep', 'remove', 'replace'),
  'sub/c': fc.constantFrom('keep', 'remove', 'replace'),
});
export const command = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), path }),
  fc.record({ kind: fc.constant('write early' as const), path }),
  fc.record({ kind: fc.constant('reset' as const), kinds, crash, between: fc.option(path) }),
  fc.record({ kind: fc.constant('resume' as const), crash }),
  fc.record({ kind: fc.constant('undo' as const), pick: fc.nat(), overwrite: fc.boolean(), crash }),
  fc.record({ kind: fc.constant('prune' as const), keep: fc.nat({ max: 4 }), crash }),
);
export type Command = typeof command extends fc.Arbitrary<infer Each> ? Each : never;

export class ResetWorld implements Disposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-interleaving-')));
  readonly #held = fakeHeld();
  readonly #base: ResetPort;
  /** States that the files may be in once what is unfinished has been resumed. */
  #legal: readonly State[] = [];
  /** Contents that were taken away and not pruned. */
  readonly #owed = new Set<string>();
  /** What each reset found and left, by its id. */
  readonly #resets = new Map<string, { readonly before: State; readonly after: State }>();
  #newest = '';
  #contents = 0;

  constructor(hasLinks: boolean) {
    const link = () => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    this.#base = { ...nodeResetPort, flushLater: async () => undefined, ...(hasLinks ? {} : { link }) };
    mkdirSync(join(this.root, 'sub'));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }

  async perform(command: Command): Promise<void> {
    const { kind } = command;
    switch (kind) {
      case 'write':
        await this.heal();
        return await this.#write(command.path);
      case 'write early':
        return await this.#writeEarly(command.path);
      case 'reset':
        return await this.#reset(command);
      case 'resume':
        await this.#attempt(command.crash, (executor) => executor.resume(this.#held));
        return undefined;
      case 'undo':
        return await this.#undo(command);
      case 'prune':
        return await this.#prune(command.keep, command.crash);
      default:
        return kind satisfies never;
    }
  }

  /** Resumes what a crash left, and looks whether that led to a legal state. */
  async heal(): Promise<void> {
    const present = this.#found();
    await this.#executor(undefined).resume(this.#held);
    expect([...present.difference(this.#found())], 'lost by the resume').toEqual([]);
    const [before, after] = this.#legal;
    if (before !== undefined && after !== undefined) {
      expect([before, after]).toContainEqual(this.#state());
      if (isDeepStrictEqual(this.#state(), withoutAbsent(after))) this.#owe(before, after);
    }
    this.#legal = [];
    this.#checkOwed();
    expect(this.#leftBehind()).toEqual([]);
  }

  async #reset(command: Extract<Command, { kind: 'reset' }>): Promise<void> {
    await this.heal();
    const actions = paths.flatMap((each) => this.#action(each, command.kinds[each]));
    const plan = await this.#executor(undefined).plan({
      reason: { kind: 'manual', scope: 'test' },
      scope: 'test',
      actions,
    });
    if (command.between !== null) await this.#write(command.between);
    const before = this.#state();
    const after = {
      ...before,
      ...Object.fromEntries(plan.files.map((file) => [file.path, contentOf(file)])),
    };
    this.#expectOneOf(plan.id, before, after);
    const error = await this.#attempt(command.crash, (executor) => executor.execute(plan, this.#held));
    const isStale = plan.files.some((file) => file.path === command.between);
    if (isStale && !isCrash(error)) expect(error).toMatchObject({ code: 'RESET_STALE' });
    if (isStale) this.#legal = [before];
    else if (!isCrash(error)) expect(error).toBeUndefined();
    this.#settle(error);
  }

  async #undo({ pick, overwrite, crash: at }: Extract<Command, { kind: 'undo' }>): Promise<void> {
    await this.heal();
    const resets = (await this.#executor(undefined).list()).filter(({ id }) => this.#resets.has(id));
    const { id = '' } = resets[pick % Math.max(resets.length, 1)] ?? {};
    const known = this.#resets.get(id);
    if (known === undefined) return;
    const before = this.#state();
    const touched = (await this.#executor(undefined).list()).find((reset) => reset.id === id);
    const files = touched !== undefined && 'files' in touched ? touched.files : [];
    const after = { ...before, ...Object.fromEntries(files.map((each) => [each, known.before[each]])) };
    this.#legal = [before, after];
    const isConflict = files.some((each) => before[each] !== known.after[each]) && !overwrite;
    let receipt: string | undefined;
    const error = await this.#attempt(at, async (executor) => {
      receipt = (await executor.undo(id, this.#held, { overwrite })).id;
    });
    if (isConflict) this.#legal = [before];
    if (!isCrash(error)) expect(error).toEqual(isConflict ? conflict : undefined);
    if (receipt !== undefined) this.#resets.set(receipt, { before, after });
    this.#settle(error);
  }

  async #prune(keep: number, at: number | undefined): Promise<void> {
    await this.heal();
    const before = this.#trash();
    const error = await this.#attempt(at, (executor) => executor.prune({ keep }, this.#held));
    const after = this.#trash();
    const gone = [...before.keys()].filter((id) => !after.has(id));
    // Without this, pruning everything would satisfy the property too.
    if (error === undefined) expect(after.size).toBe(Math.min(keep, before.size));
    const left = new Set([...after.values()].flat());
    for (const content of gone.flatMap((id) => before.get(id) ?? [])) {
      if (!left.has(content)) this.#owed.delete(content);
    }
    await this.heal();
  }

  async #write(target: string): Promise<void> {
    await new AtomicWriter({ durability: 'none' }).write(join(this.root, target), this.#fresh());
  }

  /** A writer that does not resume first: the set of legal states is lost, contents must not be. */
  async #writeEarly(target: string): Promise<void> {
    await this.#write(target);
    if (this.#legal.length > 0) this.#resets.delete(this.#newest); // what it will have found is not known any more
    this.#legal = [];
  }

  #expectOneOf(id: string, before: State, after: State): void {
    this.#resets.set(id, { before, after });
    this.#newest = id;
    this.#legal = [before, after];
  }

  /** After a call that ended: with success the second state, else the first; after a crash either. */
  #settle(error: unknown): void {
    const [before = {}, after = before] = this.#legal;
    for (const state of isCrash(error) ? [] : [error === undefined ? after : before]) {
      expect(this.#state()).toEqual(state);
      this.#legal = [];
    }
    if (error !== undefined && !isCrash(error)) return;
    if (isCrash(error)) {
      for (const each of paths) expect([before[each], after[each]]).toContain(this.#state()[each]);
    } else this.#owe(before, after);
  }

  #owe(before: State, after: State): void {
    for (const each of paths) {
      const content = before[each];
      if (content !== undefined && content !== after[each]) this.#owed.add(content);
    }
  }

  #checkOwed(): void {
    expect([...this.#owed.difference(this.#found())], 'taken away and nowhere').toEqual([]);
  }

  /** Every content in place or in a trash generation. */
  #found(): Set<string | undefined> {
    return new Set([...Object.values(this.#state()), ...[...this.#trash().values()].flat()]);
  }

  async #attempt(
    at: number | undefined,
    act: (executor: ResetExecutor) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      await act(this.#executor(at));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #executor(at: number | undefined): ResetExecutor {
    const fs = at === undefined ? this.#base : failingPort(crashAt(at), this.#base).fs;
    return new ResetExecutor({ directory: this.root, fs });
  }

  #action(target: string, kind: 'keep' | 'remove' | 'replace'): readonly ResetAction[] {
    if (kind === 'keep') return [];
    if (kind === 'remove') return [{ kind, path: target, isDocument: false }];
    return [{ kind, path: target, content: this.#fresh() }];
  }

  #fresh(): string {
    this.#contents += 1;
    return `content ${this.#contents}`;
  }

  #state(): State {
    const present = ['a', ...readdirSync(join(this.root, 'sub')).map((name) => `sub/${name}`)];
    const entries = paths
      .filter((each) => present.includes(each))
      .map((each) => [each, readIfThere(join(this.root, each))]);
    return Object.fromEntries(entries.filter(([, content]) => content !== undefined));
  }

  /** Contents per generation. */
  #trash(): Map<string, readonly string[]> {
    const directory = join(this.root, '.trash');
    const ids = readIfListable(directory).filter((name) => !name.includes('.'));
    return new Map(
      ids.map((id) => {
        const names = readdirSync(join(directory, id)).filter((name) => name.startsWith('old-'));
        return [id, names.map((name) => readFileSync(join(directory, id, name), 'utf8'))];
      }),
    );
  }

  #leftBehind(): readonly string[] {
    return readIfListable(join(this.root, '.trash')).filter((name) => name.endsWith('.disposable'));
  }
}

function contentOf({ content }: ResetPlan['files'][number]): string | undefined {
  return content === undefined ? undefined : content.data;
}

function withoutAbsent(state: State): State {
  return Object.fromEntries(Object.entries(state).filter(([, content]) => content !== undefined));
}

function isCrash(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message === 'crashed') return true;
    if (cause instanceof AggregateError) return cause.errors.some(isCrash);
  }
  return false;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readIfListable(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
