import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventStream } from './event-stream.ts';
import { OpenStreams } from './open-streams.ts';

const sessions = { type: 'sessions' } as const;
const gateway = (name: string) => ({ type: 'gateway', name }) as const;

describe('a stream of events', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const textOf = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
    const { done, value } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };

  it('sends what is told, together when it had to wait, and what says the same once', async () => {
    const stream = eventStream({ onEnd: () => undefined });
    const reader = stream.body.getReader();
    const first = textOf(reader);
    stream.tell(sessions);
    expect(await first).toBe('data: {"type":"sessions"}\n\n');
    stream.tell(gateway('a'));
    stream.tell(sessions);
    stream.tell(gateway('a'));
    expect(await textOf(reader)).toBe('data: {"type":"gateway","name":"a"}\n\ndata: {"type":"sessions"}\n\n');
    stream.end();
    expect(await textOf(reader)).toBeUndefined();
  });

  it('shows every 15 seconds that it lives', async () => {
    const stream = eventStream({ onEnd: () => undefined });
    const reader = stream.body.getReader();
    const sign = textOf(reader);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await sign).toBe(':\n\n');
    await reader.cancel();
  });

  it('keeps no more than a bounded number of events for who takes none', () => {
    const onEnd = vi.fn();
    const onStuck = vi.fn();
    const stream = eventStream({ onEnd, onStuck, mostWaiting: 3 });
    for (const name of ['a', 'b', 'c']) stream.tell(gateway(name));
    expect(onEnd).not.toHaveBeenCalled();
    stream.tell(gateway('d'));
    stream.tell(gateway('e'));
    expect([onEnd.mock.calls.length, onStuck.mock.calls.length]).toEqual([1, 1]);
  });

  it('gives up who takes nothing for two signs of life', async () => {
    const onStuck = vi.fn();
    const stream = eventStream({ onEnd: () => undefined, onStuck });
    stream.tell(sessions);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(onStuck).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(onStuck).toHaveBeenCalledOnce();
  });

  it('ends once, and keeps no timer', async () => {
    const onEnd = vi.fn();
    const stream = eventStream({ onEnd });
    await stream.body.cancel();
    stream.end();
    stream.tell(sessions);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('open streams', () => {
  it('end the oldest of who opens too many, and turn nobody else away', () => {
    const streams = new OpenStreams({ most: 10, mostOfOne: 2 });
    const ended: number[] = [];
    const open = (principal: string, number: number) => {
      const giveBack = streams.take(principal, () => {
        ended.push(number);
        giveBack?.();
      });
      return giveBack;
    };
    for (const number of [1, 2, 3, 4]) expect(open('c1', number)).toBeDefined();
    expect(ended).toEqual([1, 2]);
    expect(open('c2', 5)).toBeDefined();
    expect(streams.count).toBe(3);
  });

  it('have an end, and give places back once', () => {
    const streams = new OpenStreams({ most: 1 });
    const giveBack = streams.take('c1', () => undefined);
    expect(streams.take('c2', () => undefined)).toBeUndefined();
    giveBack?.();
    giveBack?.();
    expect(streams.count).toBe(0);
    expect(streams.take('c2', () => undefined)).toBeDefined();
  });
});
