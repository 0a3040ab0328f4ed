/** The clients of `npm start`, with an access that says what a test wants. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Access, Client, ClientSession, Opened } from '../scripts/start/traffic/client-session.ts';
import { Crowd } from '../scripts/start/traffic/crowd.ts';
import { Dice } from '../scripts/start/traffic/dice.ts';
import { nasOrders } from '../scripts/start/traffic/nas-orders.ts';

const clients: readonly Client[] = ['ana', 'bruno', 'carla'].map((user) => ({
  label: user,
  user,
  secret: 'secret',
  framedIp: '198.51.100.1',
  framedIpv6: null,
}));
const start = Date.UTC(2026, 0, 10);

describe('the crowd', () => {
  let now: number;
  let done: string[];
  let rejected: Set<string>;
  let crowd: Crowd;
  const online = () => [...crowd.online].map(({ client }) => client.user);

  const openedFor = (client: Client): Opened =>
    rejected.has(client.user)
      ? { kind: 'refused', because: 'no' }
      : { kind: 'open', session: sessionOf(client) };
  const access: Access = {
    describe: 'a fake',
    reset: async () => undefined,
    open: async (client) => {
      done.push(`open ${client.user}`);
      return openedFor(client);
    },
    refresh: async ({ client }) => void done.push(`refresh ${client.user}`),
    close: async ({ client }) => void done.push(`close ${client.user}`),
    intrude: async ({ client }) => {
      done.push(`intrude ${client.user}`);
      return { kind: 'refused', because: 'it is in use' };
    },
  };
  const crowdOf = (seed: number) =>
    new Crowd({
      clients,
      access,
      dice: new Dice(seed),
      bytesOf: () => 0,
      say: () => undefined,
      now: () => now,
    });

  beforeEach(() => {
    now = start;
    done = [];
    rejected = new Set();
    crowd = crowdOf(1);
  });

  it('does the same for the same seed, and all that can be done', async () => {
    const runs: string[][] = [];
    for (const seed of [1, 1, 2]) {
      done = [];
      crowd = crowdOf(seed);
      for (let step = 0; step < 200; step += 1) await crowd.step();
      runs.push(done);
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
    expect(new Set(runs[0]?.map((deed) => deed.split(' ')[0]))).toEqual(
      new Set(['open', 'close', 'refresh', 'intrude']),
    );
  });

  it('takes nobody for connected who was rejected, and lets him stay away', async () => {
    rejected.add('bruno');
    await crowd.fill(AbortSignal.timeout(60_000));
    expect(online()).toEqual(['ana', 'carla']);
    done = [];
    for (let step = 0; step < 50; step += 1) await crowd.step();
    expect(done).not.toContain('open bruno');

    rejected.clear();
    now += 20_000;
    for (let step = 0; step < 50; step += 1) await crowd.step();
    expect(done).toContain('open bruno');
  });

  it('ends every session that it has begun', async () => {
    await crowd.fill(AbortSignal.timeout(60_000));
    for (let step = 0; step < 25; step += 1) await crowd.step();
    await crowd.empty();
    const count = (verb: string) => done.filter((deed) => deed.startsWith(verb)).length;
    expect(count('close')).toBe(count('open'));
    expect(online()).toEqual([]);
  });

  it('obeys an order to disconnect the session that it names, and no other', async () => {
    await crowd.fill(AbortSignal.timeout(60_000));
    const order = { kind: 'disconnect', user: 'ana', attributes: '' } as const;
    await crowd.obey({ ...order, session: 'an earlier one' });
    expect(online()).toContain('ana');
    await crowd.obey({ ...order, session: 'session of ana' });
    expect(online()).not.toContain('ana');
    expect(done).toContain('close ana');
  });
});

describe('orders for the NAS', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('are read once, when their line is whole', () => {
    const path = join(directory, 'nas.log');
    const news = nasOrders(path);
    expect(news()).toEqual([]);
    writeFileSync(path, 'Disconnect-Request|ana|s1||||\nCoA-Request|bruno|s2|holdfast-open|5000', {
      flag: 'a',
    });
    expect(news()).toMatchObject([{ kind: 'disconnect', user: 'ana', session: 's1' }]);
    writeFileSync(path, '000|4294967295\n', { flag: 'a' });
    expect(news()).toEqual([
      {
        kind: 'change',
        user: 'bruno',
        session: 's2',
        attributes: 'holdfast-open, 5000 kbit/s down, unlimited up',
      },
    ]);
    expect(news()).toEqual([]);
  });
});

function sessionOf(client: Client): ClientSession {
  return {
    client,
    id: `session of ${client.user}`,
    framedIp: client.framedIp,
    framedIpv6: null,
    holder: undefined,
    isRestricted: false,
    startedAt: start,
  };
}
