/**
 * Asks one NAS for everything that is due there. A few requests at first; as soon as one is answered, more at a time. One
 * that nobody answers is sent again, the same bytes, after a doubling wait. A NAS that has answered none of the first is
 * asked for nothing more: it would only be the same wait again.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '@holdfast/base';
import type { NasAction } from './nas-actions.ts';
import { type NasEndpoint, type NasSocket, openNasSocket } from './nas-socket.ts';
import { decodeReply, encodeRequest, type NasReply } from './radius-packet.ts';

type VerifiedReply = Exclude<NasReply, { readonly kind: 'unverified' }>;

export type NasAnswer =
  | VerifiedReply
  /** Whatever came was not signed by this NAS for this request. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }
  /** There was no time left to send it, or to wait for its answer. */
  | { readonly kind: 'unfinished' };

export interface Conversation {
  readonly endpoint: NasEndpoint;
  readonly secret: KeyObject;
  readonly actions: readonly NasAction[];
  readonly clock: Clock;
  /** Ends it at once. */
  readonly stop: AbortSignal;
  /** Called for each action, when its answer is known. */
  readonly onAnswer: (action: NasAction, answer: NasAnswer) => void;
}

export interface ConversationEnd {
  /** Whether a verified answer came at all, and if not, whether it was waited for long enough to call that silence. */
  readonly verdict: 'heard' | 'silent' | 'unknown';
  /** Datagrams sent. */
  readonly packets: number;
}

/** How long each try waits for its answer, in milliseconds. */
const waitsMs = [500, 1_000, 2_000] as const;
const firstWindow = 4;
const window = 32;

export async function converse(conversation: Conversation): Promise<ConversationEnd> {
  const talk = new Talk(conversation);
  try {
    await talk.run();
  } finally {
    await talk.close();
  }
  return talk.end;
}

/** One conversation while it lasts: what is under way, and what was heard so far. */
class Talk {
  readonly #conversation: Conversation;
  readonly #workers: Promise<void>[] = [];
  /** Undefined where no way leads to the NAS. */
  readonly #sockets: Promise<NasSocket | undefined>[] = [];
  #next = 0;
  #packets = 0;
  #isHeard = false;
  #isSilent = false;
  #failure: unknown;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get end(): ConversationEnd {
    const verdict = this.#isHeard ? 'heard' : this.#isSilent ? 'silent' : 'unknown';
    return { verdict, packets: this.#packets };
  }

  async run(): Promise<void> {
    this.#widen(firstWindow);
    // More join while these work, each before the one that called it has ended.
    for (const worker of this.#workers) await worker;
    if (this.#failure !== undefined) throw this.#failure;
    const { actions, onAnswer } = this.#conversation;
    for (const action of actions.slice(this.#next)) onAnswer(action, { kind: 'unfinished' });
  }

  async close(): Promise<void> {
    for (const opening of this.#sockets) (await opening)?.close();
  }

  #widen(count: number): void {
    while (this.#workers.length < count) {
      const worker = this.#work().catch((error: unknown) => {
        this.#failure ??= error;
      });
      this.#workers.push(worker);
    }
  }

  async #work(): Promise<void> {
    const { actions, stop, onAnswer } = this.#conversation;
    while (!stop.aborted && this.#failure === undefined) {
      if (this.#isSilent && !this.#isHeard) return;
      const action = actions[this.#next];
      if (action === undefined) return;
      this.#next += 1;
      onAnswer(action, await this.#ask(action));
    }
  }

  async #ask(action: NasAction): Promise<NasAnswer> {
    const { secret } = this.#conversation;
    const place = await this.#place();
    if (place === undefined) return this.#miss(Number.POSITIVE_INFINITY, false);
    const { socket, identifier } = place;
    const packet = encodeRequest({ ...action, identifier, secret, attributes: this.#withTime(action) });
    const answered = new AbortController();
    let verified: VerifiedReply | undefined;
    let isAnswered = false;
    const unlisten = socket.listen(identifier, (datagram) => {
      isAnswered = true;
      const reply = decodeReply(datagram, packet, secret);
      if (reply.kind === 'unverified') return;
      verified ??= reply;
      answered.abort();
    });
    const waitedMs = await this.#sendUntil(answered, () => {
      socket.send(packet);
      this.#packets += 1;
    });
    unlisten();
    return verified === undefined ? this.#miss(waitedMs, isAnswered) : this.#hear(verified);
  }

  /** @returns how long was waited without an answer, in milliseconds */
  async #sendUntil(answered: AbortController, send: () => void): Promise<number> {
    const { clock, stop } = this.#conversation;
    const end = () => answered.abort();
    const since = clock.monotonicMs();
    stop.addEventListener('abort', end);
    for (const waitMs of waitsMs) {
      if (answered.signal.aborted || stop.aborted) break;
      send();
      await clock.sleep(waitMs, answered.signal).catch(() => undefined); // the answer, or the end
    }
    stop.removeEventListener('abort', end);
    return clock.monotonicMs() - since;
  }

  #hear(reply: VerifiedReply): NasAnswer {
    this.#isHeard = true;
    this.#widen(Math.min(window, this.#conversation.actions.length));
    return reply;
  }

  /** @param isAnswered - something came, but not from the NAS, or not with its secret */
  #miss(waitedMs: number, isAnswered: boolean): NasAnswer {
    // One wait is enough to know who is not there at all; one request alone may be lost in it.
    if (waitedMs >= waitsMs[0]) this.#isSilent = true;
    if (this.#conversation.stop.aborted) return { kind: 'unfinished' };
    return { kind: isAnswered ? 'refused' : 'silent' };
  }

  /** The time is part of the request, and stays the same when it is sent again (RFC 5176 §3). */
  #withTime({ attributes }: NasAction): NasAction['attributes'] {
    const seconds = Math.floor(this.#conversation.clock.wallMs() / 1_000);
    return [...attributes, { name: 'Event-Timestamp', value: seconds }];
  }

  /** A socket with a free identifier; undefined when none can be had. */
  async #place(): Promise<{ readonly socket: NasSocket; readonly identifier: number } | undefined> {
    for (;;) {
      const opening = this.#sockets.at(-1) ?? this.#open();
      const socket = await opening;
      if (socket === undefined) return undefined;
      const identifier = socket.takeIdentifier();
      if (identifier !== undefined) return { socket, identifier };
      if (opening === this.#sockets.at(-1)) void this.#open();
    }
  }

  #open(): Promise<NasSocket | undefined> {
    const opening = openNasSocket(this.#conversation.endpoint).catch(() => undefined); // as good as silent
    this.#sockets.push(opening);
    return opening;
  }
}
