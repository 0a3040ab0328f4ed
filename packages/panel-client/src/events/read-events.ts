/**
 * One connection to the event stream, until it ends. It begins with `hello`, which the server sends as soon as it listens for this
 * client; what is read again then misses nothing. A type of event that this client does not know is passed over.
 */
import type { ClientClock } from '../client-clock.ts';
import { asObject } from '../json.ts';
import type { PanelEvent } from '../schema.ts';
import { EventParser } from './event-parser.ts';

export interface EventReading {
  readonly clock: ClientClock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PanelEvent) => void;
}

export interface EventsRead {
  /** Events that came. */
  readonly count: number;
  /** How long the server wants a client to wait before it comes back. */
  readonly retryMs: number | undefined;
}

/** Three heartbeats of the server: a connection that is silent for longer is dead, whatever the network says. */
const silenceMs = 45_000;
const mostPending = 1_048_576;
const types: readonly string[] = ['hello', 'change', 'sessions', 'gateway'] satisfies PanelEvent['type'][];

/** Resolves when the stream ends, breaks or falls silent; rejects when aborted, and with what `onEvent` throws. */
export async function readEvents(
  stream: ReadableStream<Uint8Array>,
  { clock, signal, onEvent }: EventReading,
): Promise<EventsRead> {
  const reader = stream.getReader();
  const parser = new EventParser();
  const decoder = new TextDecoder();
  let count = 0;
  try {
    for (;;) {
      const bytes = await nextBytes(reader, clock, signal);
      if (bytes === undefined || parser.pending > mostPending) return { count, retryMs: parser.retryMs };
      const events = parser.push(decoder.decode(bytes, { stream: true })).flatMap(eventsOf);
      if (count === 0 && events.length > 0 && events[0]?.type !== 'hello') onEvent({ type: 'hello' });
      for (const event of events) onEvent(event);
      count += events.length;
    }
  } finally {
    // Not waited for: a connection that is dead may never say so.
    reader.cancel().catch(() => undefined);
  }
}

/** @returns undefined at the end, whichever it is */
async function nextBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: ClientClock,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  signal.throwIfAborted();
  const heard = new AbortController();
  const silence = clock.sleep(silenceMs, AbortSignal.any([signal, heard.signal])).then(
    () => undefined,
    () => undefined,
  );
  const read = reader.read().then(
    ({ value }) => value,
    () => undefined, // the connection broke
  );
  try {
    return await Promise.race([read, silence]);
  } finally {
    heard.abort();
    signal.throwIfAborted();
  }
}

/** None where the data is no event, or none that is known here. */
function eventsOf(data: string): readonly PanelEvent[] {
  try {
    const event = asObject(JSON.parse(data));
    return types.includes(String(event?.type)) ? [event as PanelEvent] : [];
  } catch {
    return [];
  }
}
