/** The life of a panel: its end while it has work, its death, a database that comes and goes. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openTruth } from '@holdfast/truth-db';
import { describe, it } from 'vitest';
import { isSoak } from '../support/counts.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { readEvents } from './event-reader.ts';
import { ask, knownPanel, provisioned, rawConnection } from './serve-ground.ts';

const isReady = async (statusUrl: string) => (await fetch(`${statusUrl}/readyz`)).status === 200;
const path = (database: string) => database.slice('sqlite:'.length);

describe.concurrent('a panel', { timeout: 60_000 }, () => {
  it('that is asked to stop ends its streams, answers what is under way, takes nobody else, and ends well', async ({
    expect,
  }) => {
    await using panel = await knownPanel();
    const { process, admin } = panel;
    using events = await readEvents(process.url, admin);
    const body = JSON.stringify({ clientMutationId: randomUUID(), label: 'Under way' });
    const headers = [
      'POST /v1/connections HTTP/1.1',
      'Host: panel',
      'Content-Type: application/json',
      `Authorization: Bearer ${admin.accessToken}`,
      `Content-Length: ${body.length}`,
    ];
    using underWay = await rawConnection(process.url, `${headers.join('\r\n')}\r\n\r\n${body.slice(0, 20)}`);
    const stopped = process.stop();
    expect(await events.ended).toBe(true);
    await expect(ask(process, ['GET', '/v1/me'])).rejects.toThrow();
    underWay.socket.write(body.slice(20));
    expect(await underWay.ended).toMatch(/^HTTP\/1\.1 201 /);
    expect(await stopped).toMatchObject({ status: 0, stdout: '' });
    expect(process.logs()).toContain('"msg":"stopped"');
  });

  it('that is killed has done what was sent to it once, whoever sends it again to the next one', async ({
    expect,
  }) => {
    await using panel = await knownPanel();
    const { process, admin } = panel;
    const intents = Array.from({ length: 24 }, (_, place) => ({
      clientMutationId: randomUUID(),
      label: `Killed ${place}`,
    }));
    const send = (url: string, body: object) =>
      ask({ url }, ['POST', '/v1/connections'], { as: admin, body }).then(
        ({ status }) => status,
        () => undefined,
      );
    const first = intents.map((intent) => send(process.url, intent));
    await Promise.race(first); // the others are anywhere
    await process.kill();
    const answered = await Promise.all(first);
    expect(answered).toContain(undefined);
    const next = await panel.another();
    for (const intent of intents) expect(await send(next.url, intent)).toBe(201);
    await using truth = openTruth(process.database);
    const rows = await truth.db.selectFrom('vpn_connections').select('label').execute();
    expect(rows.map(({ label }) => label).toSorted()).toEqual(intents.map(({ label }) => label).toSorted());
  });

  it('answers that its database file is away until it is back, and ends when it was replaced', async ({
    expect,
  }) => {
    await using panel = await knownPanel();
    const { process, admin } = panel;
    const { url, statusUrl, database } = process;
    const file = path(database);
    renameSync(file, `${file}.away`);
    const refused = await ask({ url }, ['GET', '/v1/me'], { as: admin });
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '2',
    ]);
    expect(refused.headers.get('x-trace-id')).toBe(refused.body.traceId);
    expect(await isReady(statusUrl)).toBe(false);
    expect((await fetch(`${statusUrl}/healthz`)).status).toBe(200);
    renameSync(`${file}.away`, file);
    expect((await ask({ url }, ['GET', '/v1/me'], { as: admin })).status).toBe(200);
    copyFileSync(file, `${file}.backup`);
    renameSync(`${file}.backup`, file);
    expect((await ask({ url }, ['GET', '/v1/me'], { as: admin })).status).toBe(503);
    expect(await process.ended).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('[DATABASE_UNREACHABLE]'),
    });
  });

  it('cuts off who does not get to the end of the headers', async ({ expect }) => {
    await using panel = await knownPanel();
    const { url } = panel.process;
    using slow = await rawConnection(url, 'GET / HTTP/1.1\r\nHost: panel\r\nX-Slow: ');
    const body = 'POST /v1/auth/login HTTP/1.1\r\nHost: p\r\nContent-Type: application/json\r\n';
    using slower = await rawConnection(url, `${body}Content-Length: 99\r\n\r\n{`);
    const open = [slow, slower];
    const dribble = setInterval(() => {
      for (const { socket } of open) socket.write('x');
    }, 500);
    expect((await slow.ended).slice(0, 12)).toBe('HTTP/1.1 408');
    if (isSoak) expect((await slower.ended).slice(0, 12)).toBe('HTTP/1.1 408');
    clearInterval(dribble);
  });

  it.skipIf(isMissing('mariadb'))(
    'answers that its server is away, and goes on where it was',
    async ({ expect }) => {
      await using server = await startMariadbServer({ isDurable: true });
      await using panel = await knownPanel({ database: await emptyDatabase(server) });
      const { process, admin } = panel;
      const { url, statusUrl } = process;
      const id = await provisioned(process, admin, 'Before');
      using events = await readEvents(url, admin);
      await server.kill();
      const refused = await ask({ url }, ['GET', `/v1/connections/${id}`], { as: admin });
      expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
      while (await isReady(statusUrl)) await delay(20);
      await server.start();
      while (!(await isReady(statusUrl))) await delay(20);
      expect((await ask({ url }, ['GET', `/v1/connections/${id}`], { as: admin })).status).toBe(200);
      const after = await provisioned(process, admin, 'After');
      await events.until((event) => event.type === 'change' && event.id === after);
      expect(events.heard.filter(({ event }) => event.type === 'hello')).toHaveLength(1);
      expect(await process.metric('holdfast_database_outages_total')).toBe(1);
    },
  );
});
