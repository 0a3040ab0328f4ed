import type { PanelClient } from '@holdfast/panel-client';
import type { PanelEvent } from '@holdfast/panel-client/schema';
import type { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerEvents } from './server-events.ts';

const by = { id: 'a1', name: 'Ana' };
const changeOf = (id: number): PanelEvent => ({
  type: 'change',
  kind: 'vpn_connection',
  id: String(id),
  version: 2,
  isDeletion: false,
  by,
});

describe('events of the server', () => {
  let told: Parameters<PanelClient['events']>[0];
  const asked: string[] = [];
  let events: ServerEvents;

  beforeEach(async () => {
    vi.useFakeTimers();
    asked.length = 0;
    const client = {
      events: async (options: typeof told) => {
        told = options;
      },
    } as PanelClient;
    const queries = {
      invalidateQueries: async ({ queryKey }: { readonly queryKey: readonly string[] }) => {
        asked.push(queryKey.join(' '));
      },
    } as unknown as QueryClient;
    events = new ServerEvents(client, queries);
    await events.run(new AbortController().signal);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('that come together ask once for each list, and for each record', () => {
    for (let id = 1; id <= 1_000; id += 1) told.onEvent(changeOf(id % 2));
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
    vi.runAllTimers();
    expect(asked.filter((key) => key === 'connections')).toHaveLength(1);
    expect(asked).toContain('connection 0');
    expect(asked).toContain('connection 1');
  });

  it('that come one after the other are not asked about in one breath, and none is left out', () => {
    told.onEvent(changeOf(1));
    vi.advanceTimersByTime(50);
    const first = asked.length;
    expect(first).toBeGreaterThan(0);
    told.onEvent(changeOf(2));
    vi.advanceTimersByTime(50);
    expect(asked).toHaveLength(first);
    vi.runAllTimers();
    expect(asked.filter((key) => key.startsWith('connection '))).toEqual(['connection 1', 'connection 2']);
  });

  it('are told to each listener until it has enough', () => {
    const heard: string[] = [];
    const stop = events.listen(({ type }) => heard.push(type));
    told.onEvent({ type: 'sessions' });
    stop();
    told.onEvent({ type: 'hello' });
    expect(heard).toEqual(['sessions']);
  });

  it('say whether they can be relied on, when that changes', () => {
    const heard: string[] = [];
    events.watchLink(() => heard.push(events.link));
    for (const state of ['open', 'open', 'lost', 'open'] as const) told.onState?.(state);
    expect(heard).toEqual(['open', 'lost', 'open']);
  });
});
