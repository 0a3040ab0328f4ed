/** Follows the event stream until it is aborted: who loses the connection comes back, and is told `hello` again. */
import type { ClientClock } from '../client-clock.ts';
import { retryAfterMsOf } from '../request/http-answer.ts';
import type { StreamAnswer } from '../request/transport.ts';
import type { PanelEvent } from '../schema.ts';
import { type EventsRead, readEvents } from './read-events.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** What it throws ends the following, and is thrown by it. */
  readonly onEvent: (event: PanelEvent) => void;
  /** `lost`: from now on events are missed, until the next `hello`. */
  readonly onState?: (state: 'open' | 'lost') => void;
}

export interface EventSourceOptions {
  readonly connect: (signal: AbortSignal) => Promise<StreamAnswer>;
  /** Resolves when it makes sense to try: nobody listens who is logged out. */
  readonly whenLoggedIn: (signal: AbortSignal) => Promise<void>;
  readonly clock: ClientClock;
  /** In [0, 1). */
  readonly random: () => number;
}

const firstMs = 500;
const mostMs = 10_000;

/** Resolves when aborted. */
export async function followEvents(source: EventSourceOptions, options: FollowOptions): Promise<void> {
  const { signal } = options;
  try {
    for (let failures = 0; ; ) {
      await source.whenLoggedIn(signal);
      const { answer, read } = await followOnce(source, options);
      failures = read === undefined || read.count === 0 ? failures + 1 : 0;
      const askedMs = read?.retryMs ?? retryAfterMsOf(answer) ?? 0;
      // A herd of clients that lost one server does not come back in one moment, not even at the first try.
      const jitterMs = source.random() * Math.min(firstMs * 2 ** Math.min(failures, 8), mostMs);
      await source.clock.sleep(askedMs + jitterMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function followOnce(
  source: EventSourceOptions,
  { signal, onEvent, onState }: FollowOptions,
): Promise<{ readonly answer: StreamAnswer; readonly read: EventsRead | undefined }> {
  const answer = await source.connect(signal);
  if (answer.stream === undefined) return { answer, read: undefined };
  onState?.('open');
  try {
    return { answer, read: await readEvents(answer.stream, { clock: source.clock, signal, onEvent }) };
  } finally {
    onState?.('lost');
  }
}
