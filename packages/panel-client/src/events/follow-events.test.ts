/** The event stream over HTTP: what is told, and who comes back when it is lost. */
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { PanelClient } from '../panel-client.ts';
import type { PanelEvent } from '../schema.ts';
import { type Answer, granted, problem, scriptedPanel } from '../testing/scripted-panel.ts';
import { type SteppedClock, steppedClock } from '../testing/stepped-clock.ts';

const hello = 'data: {"type":"hello"}\n\n';
const sessions = ': heartbeat\n\ndata: {"type":"sessions"}\n\n';
/** The only sleep that is not hurried: a connection that falls silent. */
const silenceMs = 45_000;

const streamOf =
  (text: string, more: (response: ServerResponse) => void = () => undefined): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => more(response));
  };
const ended = (response: ServerResponse) => response.end();
const broken = (response: ServerResponse) => response.destroy();

/** Answers to connections one after the other; the last one stays open. */
async function listening(answers: Answer[], clock: SteppedClock = steppedClock(silenceMs)) {
  const panel = await scriptedPanel(({ path }) => {
    if (path === '/v1/auth/logout') return { status: 204 };
    if (path !== '/v1/events') return granted(1);
    return answers.shift() ?? streamOf(hello);
  });
  const client = new PanelClient({ baseUrl: panel.url, cookies: true, clock, random: () => 0.5 });
  const told: (PanelEvent['type'] | 'open' | 'lost')[] = [];
  const controller = new AbortController();
  const following = client.events({
    signal: controller.signal,
    onEvent: ({ type }) => told.push(type),
    onState: (state) => told.push(state),
  });
  const isTold = (...expected: readonly string[]) => expect.poll(() => told).toEqual(expected);
  const stop = async () => {
    controller.abort();
    await following;
  };
  const dispose = async () => {
    await stop();
    await panel[Symbol.asyncDispose]();
  };
  return { panel, client, clock, stop, isTold, following, [Symbol.asyncDispose]: dispose };
}

describe('the event stream', () => {
  it.each([
    ['ends', ended],
    ['breaks', broken],
  ])('that %s is opened again, and told as new', async (_, how) => {
    const first = Promise.withResolvers<ServerResponse>();
    await using world = await listening([streamOf(hello + sessions, first.resolve), streamOf(hello)]);
    await world.isTold('open', 'hello', 'sessions');
    how(await first.promise);
    await world.isTold('open', 'hello', 'sessions', 'lost', 'open', 'hello');
    expect(world.clock.slept.filter((ms) => ms < silenceMs)).toEqual([250]);
  });

  it('that falls silent is opened again', async () => {
    await using world = await listening([streamOf(hello), streamOf(hello)]);
    await world.isTold('open', 'hello');
    world.clock.wake();
    await world.isTold('open', 'hello', 'lost', 'open', 'hello');
  });

  it('is tried with growing waits while it is refused, never sooner than the server asks', async () => {
    const later = { ...problem('unavailable', 503), headers: { 'retry-after': '7' } };
    await using world = await listening([
      'cut',
      { status: 502 },
      later,
      streamOf(`retry: 900\n${hello}`, ended),
    ]);
    await world.isTold('open', 'hello', 'lost', 'open', 'hello');
    expect(world.clock.slept.filter((ms) => ms < silenceMs)).toEqual([500, 1_000, 7_000 + 2_000, 900 + 250]);
  });

  it('begins with hello even where the server does not say it', async () => {
    await using world = await listening([streamOf(sessions)]);
    await world.isTold('open', 'hello', 'sessions');
  });

  it('passes over what it does not know, and what is no event', async () => {
    await using world = await listening([
      streamOf(`${hello}data: {"type":"weather"}\n\ndata: {\n\ndata: 7\n\n${sessions}`),
    ]);
    await world.isTold('open', 'hello', 'sessions');
  });

  it('is opened with a fresh token when the old one is refused', async () => {
    await using world = await listening([problem('signed-out', 401), streamOf(hello)]);
    await world.isTold('open', 'hello');
    expect(world.panel.count('/v1/auth/refresh')).toBe(2);
  });

  it('waits for the next login while nobody is logged in', async () => {
    await using world = await listening([]);
    await world.isTold('open', 'hello');
    await world.stop();
    await world.client.logout();
    const { length } = world.panel.asked;
    const controller = new AbortController();
    const states: string[] = [];
    const following = world.client.events({
      signal: controller.signal,
      onEvent: ({ type }) => states.push(type),
    });
    await world.client.login({ email: 'a', password: 'b' });
    await expect.poll(() => states).toEqual(['hello']);
    expect(world.panel.asked.slice(length).map(({ path }) => path)).toEqual(['/v1/auth/login', '/v1/events']);
    controller.abort();
    await following;
  });

  it('ends with what its listener throws', async () => {
    await using panel = await scriptedPanel(({ path }) =>
      path === '/v1/events' ? streamOf(hello) : granted(1),
    );
    const client = new PanelClient({ baseUrl: panel.url, cookies: true });
    const onEvent = () => {
      throw new Error('a defect of the page');
    };
    await expect(client.events({ signal: new AbortController().signal, onEvent })).rejects.toThrow(
      'a defect',
    );
  });
});
