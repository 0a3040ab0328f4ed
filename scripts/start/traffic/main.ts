/**
 * The traffic of the demo, a process of its own: every one to three seconds something happens. It stops with its stdin, so
 * with whoever has started it, and at SIGTERM; before it ends, everybody has left.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { Dice } from './dice.ts';
import { hookAccess } from './hook-access.ts';
import { nasOrders } from './nas-orders.ts';
import { sendPackets } from './packets.ts';
import { radiusAccess } from './radius-access.ts';
import type { TrafficSetup } from './traffic-setup.ts';

const shortestPauseMs = 1_000;
const longestPauseMs = 3_000;
const orderPauseMs = 250;

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
process.stdout.on('error', () => undefined); // nobody listens any more, and everybody has to leave all the same
const input = createInterface({ input: process.stdin });
const [line] = (await once(input, 'line')) as [string];
input.on('close', () => stop.abort());
await run(JSON.parse(line) as TrafficSetup, stop.signal);
input.close();
process.stdin.destroy();

async function run(setup: TrafficSetup, signal: AbortSignal): Promise<void> {
  const { seed, clients, hook, radius, inside } = setup;
  const dice = new Dice(seed);
  const access = radius === undefined ? hookAccess(hook) : radiusAccess(radius, hook);
  const crowd: Crowd = new Crowd({
    clients,
    access,
    dice,
    bytesOf: (session) => packets.bytesOf(session),
    say,
    now: Date.now,
  });
  await using packets = sendPackets(inside, () => crowd.online);
  await access.reset(clients);
  say(`seed ${seed}: ${access.describe}`);
  await crowd.fill(signal);
  const orders = radius === undefined ? undefined : obeyOrders(crowd, nasOrders(radius.nasLog), signal);
  while (await paused(dice.between(shortestPauseMs, longestPauseMs), signal)) await crowd.step();
  await orders;
  await crowd.empty();
}

async function obeyOrders(
  crowd: Crowd,
  news: ReturnType<typeof nasOrders>,
  signal: AbortSignal,
): Promise<void> {
  while (await paused(orderPauseMs, signal)) for (const order of news()) await crowd.obey(order);
}

/** @returns false when it is time to stop */
async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
