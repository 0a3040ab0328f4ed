/** The salt as an area: one document, which is missing until somebody needs it. */
import { existsSync } from 'node:fs';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { StateReader } from '@holdfast/state';
import type { SweepReport } from '../documents/keyed-documents.ts';
import { FileSaltStore } from '../salt/file-salt-store.ts';
import { saltSchema } from '../salt/salt-schema.ts';
import { newSaltSecret, saltLabel } from '../salt/salt-secret.ts';
import {
  overlapping,
  rotated,
  type Salt,
  type SaltSchedule,
  type SaltState,
  saltStanding,
} from '../salt/salt-state.ts';
import { examineDocument } from './examine-document.ts';
import type { AreaDocument, AreaEntry, StoreArea } from './store-area.ts';

export interface SaltAreaOptions {
  readonly directory: string;
  /** Of the salt: `ip`. */
  readonly name: string;
  readonly runner: LockRunner;
  readonly schedule: SaltSchedule;
  readonly waitMs?: number;
  readonly clock?: Clock;
}

export class SaltArea implements StoreArea {
  readonly store = 'salt';
  readonly name: string;
  readonly directory: string;
  readonly durability = 'full';
  readonly #store: FileSaltStore;
  readonly #writer = new AtomicWriter({ durability: 'full' });
  readonly #reader: StateReader<SaltState>;
  readonly #schedule: SaltSchedule;
  readonly #clock: Clock;

  constructor(options: SaltAreaOptions) {
    this.#store = new FileSaltStore(options);
    this.name = this.#store.scope;
    this.directory = options.directory;
    this.#schedule = options.schedule;
    this.#clock = options.clock ?? systemClock;
    this.#reader = new StateReader({
      validator: saltSchema,
      writer: this.#writer,
      scope: this.name,
      clock: this.#clock,
    });
  }

  async *documents(): AsyncGenerator<AreaDocument> {
    yield this.#document();
  }

  scopeOf(path: string): string | undefined {
    return path.replace(/\.last-good$/, '') === this.#store.path ? this.#store.scope : undefined;
  }

  examine(path: string): AreaDocument | undefined {
    return this.scopeOf(path) === undefined ? undefined : this.#document();
  }

  entriesOf(path: string): readonly AreaEntry[] {
    const { value } = examineDocument(this.#reader, path);
    if (value === undefined) return [];
    const nowMs = this.#clock.wallMs();
    const describe = (name: string, { secret, bornMs }: Salt) => ({
      name,
      label: saltLabel(secret),
      ageMs: nowMs - bornMs,
    });
    const { current } = value;
    const previous = overlapping(value, nowMs);
    const standing = saltStanding(value, this.#schedule, nowMs);
    const own = { ...describe('current', current), standing };
    if (previous === undefined) return [own];
    return [own, { ...describe('previous', previous), validForMs: previous.validUntilMs - nowMs }];
  }

  async replacementOf(): Promise<{ readonly value: unknown }> {
    // Nothing overlaps: what is reset was lost, or must not count any more.
    return { value: rotated(undefined, newSaltSecret(), this.#schedule, this.#clock.wallMs()) };
  }

  /** Once, however many ask at once: the others find it young. */
  async rotate(): Promise<void> {
    await this.#store.change((state, nowMs) => {
      const isRecovered = examineDocument(this.#reader, this.#store.path).condition === 'recovered';
      if (!isRecovered && saltStanding(state, this.#schedule, nowMs) === 'young') return undefined;
      return rotated(state, newSaltSecret(), this.#schedule, nowMs);
    });
  }

  async sweep(): Promise<SweepReport> {
    if (existsSync(this.directory)) await this.#writer.sweepOrphans(this.directory);
    const { condition, entries } = this.#document();
    const isDamaged = entries === 0 && condition !== 'absent';
    return { shards: entries, removed: 0, kept: entries, damaged: isDamaged ? 1 : 0 };
  }

  #document(): AreaDocument {
    const { condition, value, problem } = examineDocument(this.#reader, this.#store.path);
    const standing = saltStanding(value, this.#schedule, this.#clock.wallMs());
    return {
      path: this.#store.path,
      scope: this.#store.scope,
      condition,
      facts: { condition, isOver: standing === 'expired', isDue: standing !== 'young' },
      ...(problem === undefined ? {} : { problem }),
      entries: value === undefined ? 0 : 1,
      expired: 0,
    };
  }
}
