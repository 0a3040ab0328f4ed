/**
 * Events as a stream that one client reads: server-sent events, with a comment as a sign of life.
 *
 * What a client has not taken waits here and not in the memory of a socket, and only so much of it: whoever is too slow is ended,
 * comes again, and hears `hello`. Of two events that say the same, the one that waits is enough.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { PanelEvent } from '@holdfast/panel-client/schema';
import type { FeedListener } from './change-feed.ts';

export interface EventStreamOptions {
  /** Between two signs of life, in milliseconds; 15 000. */
  readonly heartbeatMs?: number;
  /** Events that may wait; 256. */
  readonly mostWaiting?: number;
  /** Called once, when it has ended, whoever ended it. */
  readonly onEnd: () => void;
  /** Called when the client takes nothing any more: its connection is of no use. */
  readonly onStuck?: () => void;
}

export interface EventStream extends FeedListener {
  readonly body: ReadableStream<Uint8Array>;
}

const signOfLife = ':\n\n';
const encoder = new TextEncoder();

export function eventStream(options: EventStreamOptions): EventStream {
  const { heartbeatMs = 15_000, mostWaiting = 256, onEnd, onStuck } = options;
  let waiting: string[] = [];
  let hasEnded = false;
  let isStuck = false;
  let wanted: (() => void) | undefined;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    clearInterval(heartbeat);
    wanted?.();
    onEnd();
  };
  const close = () => {
    if (hasEnded) return;
    controller?.close();
    end();
  };
  const handOver = () => {
    if (waiting.length === 0 || hasEnded) return;
    controller?.enqueue(encoder.encode(waiting.join('')));
    waiting = [];
    isStuck = false;
    wanted?.();
    wanted = undefined;
  };
  const giveUp = () => {
    waiting = [];
    close();
    onStuck?.();
  };
  const say = (text: string) => {
    if (hasEnded || waiting.includes(text)) return;
    waiting.push(text);
    if (wanted !== undefined) handOver();
    else if (waiting.length > mostWaiting) giveUp();
  };
  const heartbeat = setInterval(() => {
    if (isStuck) return giveUp();
    isStuck = waiting.length > 0;
    say(signOfLife);
    return undefined;
  }, heartbeatMs);
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => {
        if (waiting.length > 0) return handOver();
        const { promise, resolve } = Promise.withResolvers<void>();
        wanted = resolve;
        return promise;
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return { body, tell: (event) => say(textOf(event)), end: close };
}

/** JSON has no line break outside its strings, and none in them that is not escaped. */
function textOf(event: PanelEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
