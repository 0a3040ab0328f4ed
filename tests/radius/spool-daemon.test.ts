/** The mapper as it is started: its spool and its janitor are at work, and survive its death. */
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type MapperProcess, startMapper } from '../support/mapper-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { accountingWorld, nas } from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };

it('a mapper that is killed without its database has kept what it answered, and ends what is over', async () => {
  await using place = await temporaryDirectory();
  const path = join(place.path, 'truth.sqlite');
  const options = { database: `sqlite:${path}`, stateDir: place.path, args: ['--janitor-interval', '100ms'] };
  const ids: number[] = [];
  {
    await using world = await accountingWorld({ database: options.database, stateDir: place.path });
    for (const user of [phone.user, 'ben']) ids.push(await world.connection(user));
    await world.login(ids[1] ?? 0, { user: 'ben', caller: 'c' }, Date.now() - 3_600_000);
  }
  const spooled = () =>
    readdirSync(join(place.path, 'radius-spool')).filter((name) => name.endsWith('.accounting'));
  {
    await using mapper = await startMapper(options);
    renameSync(path, `${path}.away`);
    expect(await post(mapper, 'Start')).toBe(204);
    expect(spooled()).toHaveLength(1);
    await mapper.kill();
  }
  renameSync(`${path}.away`, path);
  await using mapper = await startMapper(options);
  await using world = await accountingWorld({ database: options.database, stateDir: place.path });
  const [ana = 0, ben = 0] = ids;
  while (spooled().length > 0 || (await world.lock(ben))?.state === 'held') await delay(20);
  expect(await world.lock(ana)).toMatchObject({
    state: 'held',
    acct_session_id: 's1',
    framed_ip: '10.8.0.7',
  });
  expect(await world.ended(ben)).toMatchObject([{ release_reason: 'expired' }]);
  const drained = 'holdfast_radius_spool_drained_total{result="applied"}';
  expect(await mapper.metric(drained)).toBe(1);
  expect(await post(mapper, 'Stop')).toBe(204);
  expect((await world.lock(ana))?.state).toBe('released');
  expect((await mapper.stop()).status).toBe(0);
});

async function post(mapper: MapperProcess, status: string): Promise<number> {
  const event = { v: 1, status, user: phone.user, caller: phone.caller, src: nas, nas_ip: nas, sid: 's1' };
  const rest = {
    nas_id: '',
    port: '',
    called: '',
    class: '',
    cause: '',
    ip: '10.8.0.7',
    ip6: '',
    prefix6: '',
  };
  const counters = { at: null, delay: 0, seconds: 0, in: 0, out: 0 };
  const answer = await fetch(`${mapper.url}/v1/accounting`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mapper.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...event, ...rest, ...counters }),
  });
  return answer.status;
}
