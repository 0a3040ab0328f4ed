/** What a policy run reads that knows the last one. */
import { expect, it } from 'vitest';
import {
  countConnectionsInNews,
  endSession,
  publishRun,
  readGatewayNews,
  readNewestTrigger,
  recordTrigger,
  startSession,
  type Truth,
} from './index.ts';
import { now } from './testing/session-world.ts';
import { startOf, withConnections, withGateway } from './testing/truth-rows.ts';

export function newsHold(truth: () => Truth): void {
  const read = (since: number) => readGatewayNews(truth(), 'gw', { since, now });
  const record = (vpnConnectionId?: number, gateway = 'gw') =>
    truth().transaction((trx) => recordTrigger(trx, { gateway, reason: 'panel', vpnConnectionId, at: now }));
  const begin = async () => {
    await withGateway(truth(), 'gw');
    return withConnections(truth(), 3);
  };

  it('the news of an unknown gateway are absent, and it has no newest trigger', async () => {
    expect(await read(0)).toBeUndefined();
    expect(await readNewestTrigger(truth(), 'gw')).toBe(0);
  });

  it('news are the sessions of connections that later triggers name, each once, and no others', async () => {
    const [first = 0, second = 0, third = 0] = await begin();
    await truth().transaction(async (trx) => {
      await startSession(trx, { ...startOf(first), framedIp: '198.51.100.4' });
      await startSession(trx, { ...startOf(second), framedIp: '198.51.100.8' });
      await startSession(trx, { ...startOf(third), framedIp: '198.51.100.12' });
    });
    const since = await record(first);
    await record(third);
    await record(third);
    await record(second, await another());
    const news = await read(since);
    expect(news).toMatchObject({ newestTrigger: since + 2, lastRun: undefined, connections: [third] });
    expect(news?.sessions).toMatchObject([{ vpnConnectionId: third, framedIp: '198.51.100.12' }]);
    expect(await readNewestTrigger(truth(), 'gw')).toBe(since + 2);
  });

  it('a connection whose session has ended is named and has none', async () => {
    const [first = 0] = await begin();
    await truth().transaction((trx) => startSession(trx, startOf(first)));
    const since = await record(first);
    await truth().transaction((trx) =>
      endSession(trx, { vpnConnectionId: first, reason: 'user-request', at: now }),
    );
    await record(first);
    expect(await read(since)).toMatchObject({ connections: [first], sessions: [] });
    expect(await read(since + 1)).toMatchObject({ connections: [], sessions: [] });
  });

  it('a trigger that names nobody, or very many that do, leave it open whom they concern', async () => {
    const [first = 0] = await begin();
    const since = await record(first);
    await record();
    expect(await read(since)).toMatchObject({ connections: undefined, sessions: [] });
    await truth().transaction(async (trx) => {
      for (let id = 1; id <= 501; id += 1)
        await recordTrigger(trx, { gateway: 'gw', reason: 'panel', vpnConnectionId: id, at: now });
    });
    expect(await read(since + 1)).toMatchObject({ connections: undefined });
    expect((await read(since + 2))?.connections).toHaveLength(500);
  });

  it('the last run is as it was published, and its triggers are no news of anybody', async () => {
    const [first = 0, second = 0] = await begin();
    await record(first);
    const covered = await record(second);
    expect(await countConnectionsInNews(truth(), 'gw')).toBe(2);
    const run = { gateway: 'gw', outcome: 'applied', digest: 'd', at: now, tookMs: 1 } as const;
    await publishRun(truth(), { ...run, covered });
    expect((await read(covered))?.lastRun).toEqual({ covered, digest: 'd', at: now });
    expect(await countConnectionsInNews(truth(), 'gw')).toBe(0);
    await record(first);
    await record(first);
    await record();
    expect(await countConnectionsInNews(truth(), 'gw')).toBe(1);
  });

  async function another(): Promise<string> {
    await withGateway(truth(), 'other');
    return 'other';
  }
}
