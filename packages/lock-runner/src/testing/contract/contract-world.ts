/** What each test of the contract starts with: an empty lock directory, a scope of its own, and runners that end with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { LockMode, LockObserver, LockReport } from '@holdfast/base';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type LockOptions, LockRunner } from '../../lock-runner.ts';
import { activeTimers, leftovers } from '../leftovers.ts';
import { until } from '../until.ts';
import type { LockContractSubject } from './lock-contract-subject.ts';

export class ContractWorld {
  readonly #subject: LockContractSubject;
  #directory = '';
  #timersBefore = 0;
  #events: string[] = [];
  #runners: LockRunner[] = [];

  readonly #observer: LockObserver = {
    waiting: (wait) => this.#events.push(`waiting ${wait.scope}`),
    acquired: (event) => this.#events.push(`acquired ${event.waitedMs === 0 ? 'at once' : 'later'}`),
    gaveUp: (event) => this.#events.push(`gave up ${event.outcome}`),
    released: () => this.#events.push('released'),
  };

  /** To be made inside the suite: it fails each test that leaves something behind. */
  constructor(subject: LockContractSubject) {
    this.#subject = subject;
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
  }

  get backend(): string {
    return this.#subject.backend;
  }

  get modes(): readonly LockMode[] {
    return this.#subject.modes;
  }

  get isShareable(): boolean {
    return this.modes.includes('shared');
  }

  get missesDirectory(): boolean {
    return this.#subject.missesDirectory ?? false;
  }

  get randomRuns(): number {
    return this.#subject.randomRuns;
  }

  get takeFromOutside(): LockContractSubject['takeFromOutside'] {
    return this.#subject.takeFromOutside;
  }

  get directory(): string {
    return this.#directory;
  }

  get scope(): string {
    return `contract:${basename(this.#directory)}`;
  }

  /** As `leftovers` takes it. */
  get timersBefore(): number {
    return this.#timersBefore;
  }

  /** What the observer of all runners was told. */
  get events(): readonly string[] {
    return this.#events;
  }

  createRunner(): LockRunner {
    const runner = new LockRunner({
      directory: this.#directory,
      backend: this.#subject.choice,
      observer: this.#observer,
    });
    this.#runners.push(runner);
    return runner;
  }

  tryOnce(runner: LockRunner, options: LockOptions = {}, scope: string = this.scope): Promise<string> {
    return runner.run(scope, { ...options, waitMs: 0 }, () => 'ran');
  }

  /** Resolves when `count` wait. */
  async waiters(runner: LockRunner, count: number): Promise<LockReport> {
    await until(async () => (await runner.who(this.scope)).waiters.length === count);
    return runner.who(this.scope);
  }

  #begin(): void {
    this.#directory = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
    this.#events = [];
    this.#runners = [];
    this.#timersBefore = activeTimers();
  }

  async #end(): Promise<void> {
    vi.useRealTimers();
    await Promise.all(this.#runners.map((runner) => runner.close()));
    const left = await leftovers(this.#directory, this.#timersBefore);
    rmSync(this.#directory, { recursive: true });
    expect(left).toEqual([]);
  }
}
