/** Counts what became of events, batch after batch. */
import type { RecordedTrigger } from '@holdfast/truth-db';
import type { RefusedFile } from './spool-directory.ts';
import type { SpoolReport } from './spool-report.ts';
import type { WrittenEvent } from './write-events.ts';

/** Names and files that a report lists; the totals count all. */
const mostListed = 20;

export class SpoolTally {
  #applied = 0;
  #ignored = 0;
  #foreign = 0;
  #unknownTotal = 0;
  readonly #unknownUsers = new Set<string>();
  readonly #unadmitted = new Set<string>();
  readonly #busy: SpoolReport['busy'][number][] = [];
  readonly #refused: RefusedFile[] = [];
  readonly #failed: SpoolReport['failed'][number][] = [];
  readonly #stuck: RefusedFile[] = [];
  readonly #triggers: RecordedTrigger[] = [];

  foreign(count: number): void {
    this.#foreign += count;
  }

  refused(files: readonly RefusedFile[]): void {
    this.#refused.push(...files);
  }

  stuck(files: readonly RefusedFile[]): void {
    this.#stuck.push(...files);
  }

  written(events: readonly WrittenEvent[]): void {
    for (const event of events) this.#count(event);
  }

  report(): SpoolReport {
    return {
      applied: this.#applied,
      ignored: this.#ignored,
      foreign: this.#foreign,
      unknownUsers: [...this.#unknownUsers],
      unknownTotal: this.#unknownTotal,
      unadmitted: [...this.#unadmitted],
      busy: this.#busy,
      refused: this.#refused,
      failed: this.#failed,
      stuck: this.#stuck,
      triggers: this.#triggers,
    };
  }

  #count({ name, event, outcome }: WrittenEvent): void {
    switch (outcome.kind) {
      case 'started':
      case 'completed':
      case 'ended':
      case 'reduced':
        this.#applied += 1;
        this.#triggers.push(...outcome.triggers);
        return;
      case 'remembered':
      case 'unchanged':
      case 'late':
        this.#ignored += 1;
        return;
      case 'busy':
        this.#busy.push({ user: event.user ?? '', by: outcome.by.gateway });
        return;
      case 'unadmitted':
        if (this.#unadmitted.size < mostListed) this.#unadmitted.add(event.user ?? '');
        return;
      case 'unknown':
        this.#unknownTotal += 1;
        if (this.#unknownUsers.size < mostListed) this.#unknownUsers.add(event.user ?? '(too long)');
        return;
      case 'failed':
        this.#failed.push({ name, code: outcome.error.code, message: outcome.error.message });
        return;
      default:
        outcome satisfies never;
    }
  }
}
