/**
 * Sends what is pending of one part, one request at a time and in the turn of its record. A request is on disk before it leaves, and
 * what is taken out of the queue is sent to the letter until its answer is there.
 */
import { type MutationRequest, nextRequest, type PendingRecord } from '@holdfast/optimistic-client';
import { deliver } from './deliver.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import type { EditorCell } from './editor-cell.ts';
import { contentsOf } from './editor-draft.ts';
import type { Delivery, EditorPorts } from './editor-ports.ts';
import { Pause } from './pause.ts';
import type { RecordLane } from './record-lane.ts';
import type { RecordPart } from './record-part.ts';

export interface Taken {
  readonly request: MutationRequest;
  /** It was sent before the page was loaded. */
  readonly isResumed: boolean;
}

export interface SendQueueOptions {
  readonly part: RecordPart;
  readonly id: string;
  readonly ports: EditorPorts;
  readonly lane: RecordLane;
  readonly cell: EditorCell;
  readonly drafts: DraftKeeper;
  readonly onAnswer: (taken: Taken, delivery: Delivery) => void;
}

export class SendQueue {
  readonly #options: SendQueueOptions;
  readonly #pause: Pause;
  #taken: Taken | undefined;
  #isPumping = false;
  #isGivenUp = false;
  #isClosed = false;

  constructor(options: SendQueueOptions) {
    this.#options = options;
    this.#pause = new Pause(options.ports);
  }

  /** Sends what there is. */
  pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    void this.#options.lane
      .run(() => this.#sendNext())
      .then((hasSent) => {
        this.#isPumping = false;
        if (hasSent) this.pump();
      });
  }

  /** Takes the next request out at once: nothing that happens before its turn may change it. */
  take(pending: PendingRecord, isResumed: boolean): Taken | undefined {
    const next = nextRequest(pending);
    if (next === undefined) return undefined;
    this.#taken = { request: next.request, isResumed };
    this.#options.cell.set({ pending: next.record, delivery: 'sending' });
    return this.#taken;
  }

  /** Does not wait any longer. */
  retryNow(): void {
    this.#pause.cut();
  }

  /** The last answer stands, where one has come that is no end. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#pause.cut();
  }

  close(): void {
    this.#isClosed = true;
    this.giveUp();
  }

  async #sendNext(): Promise<boolean> {
    const { part, id, ports, cell, drafts, onAnswer } = this.#options;
    const { pending } = cell.state;
    const taken = this.#taken ?? (pending && this.take(pending, false));
    if (taken === undefined || this.#isClosed) return false;
    const contents = contentsOf(cell.state);
    if (contents !== undefined) await drafts.keepNow(contents);
    this.#isGivenUp = this.#isClosed;
    const { clientMutationId, patch, version } = taken.request;
    const delivery = await deliver(
      ports,
      { ...part.write(id, patch), clientMutationId, version },
      {
        pause: this.#pause,
        tell: (delivering) => cell.set({ delivery: delivering }),
        isGivenUp: () => this.#isGivenUp,
      },
    );
    this.#taken = undefined;
    if (!this.#isClosed) onAnswer(taken, delivery);
    return true;
  }
}
