/**
 * Accounting while the mapper is away: FreeRADIUS keeps it, acknowledges it, and gives it to the mapper when that is back,
 * in order, once, through its own restart.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreeradiusServer, patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { type Attributes, encodeRadius, statusTypes } from '../support/radius-packet-codec.ts';
import { type Answering, type MapperDouble, openMapperDouble } from './mapper-double.ts';

const user = Buffer.concat([Buffer.from('Zoë "q" \\ %{User-Name}\n'), Buffer.from([0xff, 0x01])]);
const report = (status: keyof typeof statusTypes, session: string, more: Attributes = []): Attributes => [
  ['User-Name', user],
  ['NAS-IP-Address', '10.0.0.1'],
  ['Calling-Station-Id', '203.0.113.9'],
  ['Acct-Status-Type', statusTypes[status]],
  ['Acct-Session-Id', session],
  ['Class', Buffer.from('0f4ed2de-2a6b-4d1c-9a39-6f8d7a1c2b3e')],
  ['Acct-Input-Octets', 0xffff_ffff],
  ['Acct-Input-Gigawords', 1],
  ...more,
];

describe.skipIf(isMissing('freeradius'))('accounting while the mapper is away', () => {
  let mapper: MapperDouble;
  let server: FreeradiusServer;
  let nas: RadiusClient;
  let answer: Answering = () => ({ status: 204 });

  beforeEach(async () => {
    answer = () => ({ status: 204 });
    mapper = await openMapperDouble((question) => answer(question));
    server = await startFreeradiusServer({
      mapper: mapper.url,
      mapperSecret: 'spool-secret-0123456789',
      options: patient,
    });
    nas = await openRadiusClient(server);
  });

  afterEach(async () => {
    await nas?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await mapper?.[Symbol.asyncDispose]();
  });

  const sessions = () => mapper.asked.map(({ body }) => `${body.status} ${body.sid}`);
  const asksFor = async (count: number) => {
    while (mapper.asked.length < count) await delay(10);
  };

  it('is acknowledged, and reaches the mapper in its order and once, as it was', async () => {
    const keptFor = 3;
    expect(await nas.account(report('Start', 'direct', [['Acct-Delay-Time', keptFor]]))).toMatchObject({
      kind: 'acknowledged',
    });
    await mapper.close();
    const from = Math.floor(Date.now() / 1_000) - keptFor;
    for (const status of ['Start', 'Interim-Update', 'Stop'] as const) {
      expect(await nas.account(report(status, 'kept', [['Acct-Delay-Time', keptFor]]))).toMatchObject({
        kind: 'acknowledged',
      });
    }
    const until = Math.ceil(Date.now() / 1_000) - keptFor;
    await mapper.open();
    await asksFor(4);
    expect(sessions()).toEqual(['Start direct', 'Start kept', 'Interim-Update kept', 'Stop kept']);
    const [direct, ...kept] = mapper.asked.map(({ body }) => body);
    for (const body of kept) {
      expect(body.at).toBeGreaterThanOrEqual(from);
      expect(body.at).toBeLessThanOrEqual(until);
      expect({ ...body, at: 0, req: '', status: '', sid: '' }).toEqual({
        ...direct,
        at: 0,
        req: '',
        status: '',
        sid: '',
      });
    }
    expect(Buffer.from(direct?.user, 'latin1')).toEqual(user);
    expect(new Set(mapper.asked.map(({ body }) => body.req)).size).toBe(4);
  });

  it('what was given before a restart of FreeRADIUS is not given again, and the rest is', async () => {
    const given: string[] = [];
    let taken: readonly string[] = ['a'];
    answer = ({ body }) => {
      if (!taken.includes(body.sid)) return { status: 503 };
      given.push(body.sid);
      return { status: 204 };
    };
    await mapper.close();
    for (const session of ['a', 'b', 'c']) await nas.account(report('Start', session));
    await mapper.open();
    while (!sessions().includes('Start b')) await delay(10);
    await server.stop();
    await mapper.close();
    taken = ['a', 'b', 'c'];
    await server.start(); // it starts without the mapper
    await mapper.open();
    while (!given.includes('c')) await delay(10);
    expect(given).toEqual(['a', 'b', 'c']);
  });

  it('what the mapper can never take is set aside, and what is behind it goes on', async () => {
    await mapper.close();
    for (const session of ['a', 'b', 'c']) await nas.account(report('Start', session));
    answer = ({ body }) => ({ status: body.sid === 'b' ? 400 : 204 });
    await mapper.open();
    while (!sessions().includes('Start c')) await delay(10);
    expect(server.setAside()).toContain('Acct-Session-Id = "b"');
    expect(server.setAside()).not.toContain('Acct-Session-Id = "c"');
  });

  it('what nobody can keep is not acknowledged', async () => {
    await mapper.close();
    // A file where the directory of the spool would be.
    await writeFile(join(server.directory, 'radacct/holdfast'), '');
    const attributes = report('Start', 'lost');
    const bytes = encodeRadius({ kind: 'accounting', secret: server.secret, identifier: 3, attributes });
    expect(await nas.send(bytes, 'acct', 400)).toEqual({ kind: 'none' });
  });
});
