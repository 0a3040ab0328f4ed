/** A server of one record, as the contract of mutations says: a version, receipts, a log. Its answers are what it says, not HTTP. */
import type { Answer } from '../answer/answer.ts';
import type { JsonObject } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';

export interface LoggedWrite {
  readonly by: string;
  readonly patch: JsonObject;
}

export class SimulatedServer {
  readonly first: JsonObject;
  readonly log: LoggedWrite[] = [];
  #current: Snapshot;
  readonly #receipts = new Map<string, { readonly sent: string; readonly version: number }>();

  constructor(first: JsonObject) {
    this.first = first;
    this.#current = { version: 1, value: first };
  }

  get current(): Snapshot {
    return this.#current;
  }

  mutate(
    by: string,
    { id, version, patch }: { readonly id: string; readonly version: number; readonly patch: JsonObject },
  ): Answer {
    const sent = JSON.stringify([version, patch]);
    const receipt = this.#receipts.get(`${by} ${id}`);
    if (receipt !== undefined && receipt.sent !== sent) return { kind: 'mutation-id-reused' };
    if (receipt !== undefined) {
      return { kind: 'replayed', from: 'current', id: '17', ...this.#current };
    }
    if (version !== this.#current.version) {
      const base = undefined;
      return { kind: 'version-conflict', resource: undefined, current: this.#current, changed: null, base };
    }
    this.#current = { version: version + 1, value: { ...this.#current.value, ...patch } };
    this.log.push({ by, patch });
    this.#receipts.set(`${by} ${id}`, { sent, version: version + 1 });
    return { kind: 'applied', id: '17', ...this.#current };
  }
}
