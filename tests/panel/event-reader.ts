/** Reads the events of a panel as a program would, with the time at which each came. */
import type { PanelEvent } from '@holdfast/panel-client/schema';
import type { PanelUser } from '../../apps/panel/src/testing/panel-user.ts';

export interface HeardEvent {
  readonly event: PanelEvent;
  /** Milliseconds of `performance.now()`. */
  readonly atMs: number;
}

export interface EventReader extends Disposable {
  readonly heard: readonly HeardEvent[];
  /** Resolves with the first one that fits, which may have come already. */
  until(fits: (event: PanelEvent) => boolean): Promise<HeardEvent>;
  /** Resolves when the panel ends the stream: true when it did so in order. */
  readonly ended: Promise<boolean>;
}

/** Resolves after `hello`. */
export async function readEvents(url: string, { accessToken }: PanelUser): Promise<EventReader> {
  const stop = new AbortController();
  const answer = await fetch(`${url}/v1/events`, {
    headers: { Authorization: `Bearer ${accessToken}` },
    signal: stop.signal,
  });
  if (answer.status !== 200 || answer.body === null)
    throw new Error(`${answer.status} ${await answer.text()}`);
  const heard: HeardEvent[] = [];
  let news = Promise.withResolvers<void>();
  const hear = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  let hasEnded = false;
  const read = async (body: ReadableStream<Uint8Array>) => {
    let rest = '';
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) {
        const atMs = performance.now();
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        const told = parts.filter((part) => part.startsWith('data: '));
        heard.push(...told.map((part) => ({ event: JSON.parse(part.slice(6)) as PanelEvent, atMs })));
        hear();
      }
      return true;
    } catch {
      return false; // the connection is gone, whoever has cut it
    } finally {
      hasEnded = true;
      hear();
    }
  };
  const ended = read(answer.body);
  const until = async (fits: (event: PanelEvent) => boolean) => {
    for (;;) {
      const found = heard.find(({ event }) => fits(event));
      if (found !== undefined) return found;
      if (hasEnded) throw new Error(`the stream has ended after ${JSON.stringify(heard)}`);
      await news.promise;
    }
  };
  await until(({ type }) => type === 'hello');
  return { heard, until, ended, [Symbol.dispose]: () => stop.abort() };
}
