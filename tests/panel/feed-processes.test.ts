/** Events of one panel, of what another one on the same database has done: on Node, and on Bun. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import type { PanelProcess } from '../support/panel-process.ts';
import { readEvents } from './event-reader.ts';
import { ask, type KnownPanel, knownPanel, provisioned } from './serve-ground.ts';

describe('two panels on one database', () => {
  let panel: KnownPanel;
  let other: PanelProcess;
  beforeAll(async () => {
    panel = await knownPanel();
    other = await panel.another({ runtime: 'bun' });
  });
  afterAll(() => panel?.[Symbol.asyncDispose]());

  it('tell each other’s changes, and their own, each once and soon', async () => {
    const { process, admin } = panel;
    using events = await readEvents(process.url, admin);
    const latencies = async (by: PanelProcess) => {
      const all: number[] = [];
      for (let round = 0; round < counts.feedEvents; round += 1) {
        const sentMs = performance.now();
        const id = await provisioned(by, admin, `Round ${round}`);
        const { atMs } = await events.until((event) => event.type === 'change' && event.id === id);
        all.push(atMs - sentMs);
      }
      return all.toSorted((one, two) => one - two);
    };
    const [theirs, own] = [await latencies(other), await latencies(process)];
    const median = (all: readonly number[]) => all[Math.floor(all.length / 2)];
    const figures = [theirs, own].map(
      (all) => `${Math.round(median(all) ?? 0)}/${Math.round(all.at(-1) ?? 0)}`,
    );
    console.log(`events of another process and of the own one, median/max in ms: ${figures.join(', ')}`);
    // Half a second at rest; a machine that has other work to do may take longer.
    expect(median(theirs)).toBeLessThan(2_000);
    expect(median(own)).toBeLessThan(2_000);
    expect(events.heard.filter(({ event }) => event.type === 'hello')).toHaveLength(1);
    expect(events.heard.filter(({ event }) => event.type === 'change')).toHaveLength(2 * counts.feedEvents);
    expect(await process.metric('holdfast_panel_event_streams')).toBe(1);
  });

  it('end the stream of a customer whom one of them suspends', async () => {
    const { process, admin, customer } = panel;
    using events = await readEvents(process.url, customer);
    const path = `/v1/customers/${customer.id}`;
    const { version } = (await ask(other, ['GET', path], { as: admin })).body;
    const body = { version, clientMutationId: randomUUID() };
    expect((await ask(other, ['POST', `${path}/suspend`], { as: admin, body })).status).toBe(200);
    expect(await events.ended).toBe(true);
    // A suspension touches connections that have no line of their own in the log, so hello may come again.
    expect(new Set(events.heard.map(({ event }) => event.type))).toEqual(new Set(['hello']));
    expect((await ask(other, ['GET', '/v1/events'], { as: customer })).status).toBe(401);
  });

  it('end the oldest stream of who opens more than 32', async () => {
    const { process, admin } = panel;
    using first = await readEvents(process.url, admin);
    const others = await Promise.all(Array.from({ length: 32 }, () => readEvents(process.url, admin)));
    expect(await first.ended).toBe(true);
    expect(await process.metric('holdfast_panel_event_streams')).toBe(32);
    for (const one of others) one[Symbol.dispose]();
  });

  it('are told nothing by HEAD, and keep nothing for it', async () => {
    const { process, admin } = panel;
    const headers = { Authorization: `Bearer ${admin.accessToken}` };
    const answer = await fetch(`${process.url}/v1/events`, { method: 'HEAD', headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
  });
});
