/** A directory of guarded files, its locks, and child processes that reset them. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { ResetExecutor } from '@holdfast/reset-executor';
import { childProgram } from '../support/child-program.ts';
import { runtimes } from '../support/repository.ts';
import { oldState } from './reset-request.ts';

const child = join(import.meta.dirname, 'reset-child.ts');

export class ResetWorld implements Disposable {
  readonly #home = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-reset-')));
  readonly root = join(this.#home, 'root');
  readonly locks = join(this.#home, 'locks');
  readonly executor = new ResetExecutor({ directory: this.root });
  readonly runner = new LockRunner({ directory: this.locks, backend: 'flock' });

  constructor() {
    this.arrange();
  }

  /** The old state, and no trash. */
  arrange(): void {
    rmSync(this.root, { recursive: true, force: true });
    mkdirSync(this.root);
    for (const [path, text] of Object.entries(oldState)) writeFileSync(join(this.root, path), text);
  }

  command(mode: readonly string[], runtime: keyof typeof runtimes = 'node'): readonly string[] {
    return [runtimes[runtime], ...childProgram(child), this.root, this.locks, ...mode];
  }

  /** Runs a child to its end. @param through - a program it is started through */
  run(mode: readonly string[], runtime: keyof typeof runtimes = 'node', through: readonly string[] = []) {
    const [program = '', ...args] = [...through, ...this.command(mode, runtime)];
    const finished = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
    if (finished.stderr !== '') throw new Error(finished.stderr);
    return { signal: finished.signal, answer: answerOf(finished) };
  }

  state(): Readonly<Record<string, string>> {
    const files = readdirSync(this.root, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(this.root, name), 'utf8')]));
  }

  /** Contents that are kept in trash generations. */
  kept(): readonly string[] {
    const names = readdirSync(join(this.root, '.trash'), { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => /\/old-\d+$/.test(name) && !name.includes('.disposable/'))
      .map((name) => readFileSync(join(this.root, '.trash', name), 'utf8'));
  }

  /** Names in the trash that no finished reset leaves. */
  leftBehind(): readonly string[] {
    const names = readdirSync(this.root, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /\.disposable|\/new-\d+$|\.holdfast-tmp$/.test(name));
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true });
  }
}

export interface ChildAnswer {
  readonly result?: { readonly id?: string };
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** Undefined when it died before it could answer. */
function answerOf({ stdout }: SpawnSyncReturns<string>): ChildAnswer | undefined {
  return stdout === '' ? undefined : JSON.parse(stdout);
}
