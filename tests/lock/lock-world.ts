/**
 * Where the processes of a test meet: what they lock on, a lock directory for each host, a document. After each test they
 * are dead, and the lock is as free as it has to be then.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockRunner, lockFileName } from '@holdfast/lock-runner';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { type OpenBackend, openBackend } from './child-backend.ts';
import type { LockKind } from './lock-kind.ts';
import { type LockProcess, type LockProcessOptions, startLockProcess, withoutLimit } from './lock-process.ts';
import type { LockService } from './lock-service.ts';

export const scope = 'policy:gw1';

export interface StartOptions extends Partial<Omit<LockProcessOptions, 'scope'>> {
  /** Hosts share what they lock on and nothing else. Default the first one of the kind. */
  readonly host?: string;
  readonly leaseMs?: number;
}

export class LockWorld<Service extends LockService = LockService> {
  readonly #kind: LockKind<Service>;
  #service: Service | undefined;
  #backend: OpenBackend | undefined;
  #base: TemporaryDirectory | undefined;
  #runner: LockRunner | undefined;
  #started: (LockProcess | ChildProcess)[] = [];
  #directory = '';

  /** To be made inside a suite. */
  constructor(kind: LockKind<Service>) {
    this.#kind = kind;
    beforeAll(() => this.#open());
    afterAll(() => this.#close());
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error('the suite has not begun');
    return this.#service;
  }

  /** Of this test. */
  get base(): string {
    return this.#base?.path ?? '';
  }

  /** The lock directory, of the first host. */
  get directory(): string {
    return this.#directory;
  }

  /** From now on it is another one. */
  moveTo(directory: string): void {
    this.#directory = directory;
  }

  /** Where the lock file is, if there is one. */
  get path(): string {
    return join(this.directory, lockFileName(scope));
  }

  get document(): string {
    return join(this.base, 'document');
  }

  /** Lines of the document, in the order they were published. */
  published(): readonly string[] {
    return existsSync(this.document) ? readFileSync(this.document, 'latin1').split('\n').filter(Boolean) : [];
  }

  /** Of the test itself, beside its processes. */
  get runner(): LockRunner {
    const backend = this.#backend?.choice ?? 'auto';
    this.#runner ??= new LockRunner({ directory: this.directory, backend });
    return this.#runner;
  }

  async start({ host, leaseMs, ...options }: StartOptions = {}): Promise<LockProcess> {
    const child = await startLockProcess({
      directory: host === undefined ? this.directory : join(this.base, host),
      scope,
      backend: this.service.backend(leaseMs),
      ...options,
    });
    return this.keep(child);
  }

  /** Several, on Node and Bun in turn. */
  startMany(count: number, optionsOf: (place: number) => StartOptions = () => ({})): Promise<LockProcess[]> {
    const places = Array.from({ length: count }, (_, place) => place);
    return Promise.all(
      places.map((place) => this.start({ runtime: place % 2 === 0 ? 'node' : 'bun', ...optionsOf(place) })),
    );
  }

  /** Ends it with the test. */
  keep<Process extends LockProcess | ChildProcess>(child: Process): Process {
    this.#started.push(child);
    return child;
  }

  /**
   * Lets it wait for the lock, however long. Resolves when it stands in line, or has the lock already: a lease can run out
   * early on a busy machine.
   */
  async queue(child: LockProcess, place = 1): Promise<{ readonly held: Promise<unknown> }> {
    child.say(withoutLimit);
    if ((await child.next()) === 'held') return { held: Promise.resolve() };
    const held = child.hear('held');
    held.catch(() => undefined); // who waits for it is told
    await until(async () => this.#kind.waiters === 'hidden' || (await this.#hasCome(child, place)));
    return { held };
  }

  /** Resolves with the processes that wait, when there are so many. */
  async waiters(count: number): Promise<readonly number[]> {
    let pids: readonly number[] = [];
    await until(async () => {
      pids = (await this.runner.who(scope)).waiters.map(({ pid }) => pid);
      return pids.length === count;
    });
    return pids;
  }

  /** `free`, or why not: once everybody who held it is dead, the lock has to become free in time. */
  untilFree(): Promise<string> {
    return this.runner
      .run(scope, { waitMs: this.#kind.reacquireMs }, () => 'free')
      .catch((error: { code: string }) => error.code);
  }

  traces(): Promise<readonly string[]> {
    return this.service.traces(this.directory);
  }

  async #hasCome({ pid }: LockProcess, place: number): Promise<boolean> {
    const { holder, waiters } = await this.runner.who(scope);
    return waiters.length === place || holder?.pid === pid;
  }

  async #open(): Promise<void> {
    this.#service = await this.#kind.open();
    this.#backend = await openBackend(this.service.backend());
  }

  async #close(): Promise<void> {
    this.#backend?.[Symbol.dispose]();
    await this.#service?.[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    this.#base = await temporaryDirectory();
    this.#directory = join(this.base, this.#kind.hosts[0]);
    this.#runner = undefined;
    this.#started = [];
    await this.service.forget();
  }

  async #end(): Promise<void> {
    await Promise.all(this.#started.map(endOf));
    const { holder } = this.#kind.isFreedByDeath ? await this.runner.who(scope) : {};
    const left = this.#kind.isFreedByDeath ? await this.untilFree() : 'free';
    await this.#runner?.close();
    await this.#base?.[Symbol.asyncDispose]();
    expect(left, `left over, at first ${JSON.stringify(holder)}`).toBe('free');
  }
}

async function endOf(child: LockProcess | ChildProcess): Promise<void> {
  if (!('exitCode' in child)) return child.kill();
  child.stdin?.destroy(); // what it has started itself ends by this
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
