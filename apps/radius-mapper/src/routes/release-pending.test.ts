/** The taking back of a login that it has overtaken. */
import { describe, expect, it } from 'vitest';
import { BatchQueue } from '../login/batch-queue.ts';
import { runLogins } from '../login/run-logins.ts';
import { bodyOf, commonBody, type MapperWorld, mapperWorld, userPassword } from '../testing/mapper-world.ts';
import { login } from './login.ts';
import { releasePending } from './release-pending.ts';
import type { RouteGround } from './route.ts';
import { routeGround } from './route-ground.ts';

/** Logins go to truth when the test says so, one at a time. */
function gated({ mapper }: MapperWorld) {
  const gates: PromiseWithResolvers<void>[] = [];
  const logins: RouteGround['logins'] = new BatchQueue({
    run: async (jobs) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return runLogins(mapper, jobs);
    },
    mostRunning: 1,
    mostJobs: 1,
    mostWaiting: 8,
    clock: mapper.clock,
  });
  return { ground: { ...routeGround(mapper), logins }, gates };
}

const loginOf = (n: number, user: string) => bodyOf(commonBody(n, { user, password: userPassword }));
const back = (n: number, user: string) => bodyOf(commonBody(n, { user }));
const held = ({ mapper }: MapperWorld) =>
  mapper.truth.db
    .selectFrom('active_session_locks')
    .select('vpn_connection_id as id')
    .where('state', '=', 'held')
    .execute();

describe('a login that is taken back', () => {
  it('while it is under way holds nothing when both have ended', async () => {
    await using world = await mapperWorld();
    const { ground, gates } = gated(world);
    const sinceMs = world.mapper.clock.monotonicMs();
    const answer = login(ground, loginOf(1, 'user0'), sinceMs);
    await expect.poll(() => gates.length).toBe(1);
    const takenBack = releasePending(ground, back(1, 'user0'), sinceMs);
    gates[0]?.resolve();
    expect([(await answer).status, (await takenBack).status]).toEqual([200, 204]);
    expect(await held(world)).toEqual([]);
  });

  it('while it waits is never begun, and leaves those beside it alone', async () => {
    await using world = await mapperWorld();
    const { ground, gates } = gated(world);
    const sinceMs = world.mapper.clock.monotonicMs();
    const first = login(ground, loginOf(1, 'user0'), sinceMs);
    await expect.poll(() => gates.length).toBe(1);
    const waiting = login(ground, loginOf(2, 'user1'), sinceMs);
    const other = login(ground, loginOf(3, 'user2'), sinceMs);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'LOGIN_OVERLOAD' });
    await new Promise(setImmediate); // their gateway is in memory: then they are in the queue
    expect((await releasePending(ground, back(2, 'user1'), sinceMs)).status).toBe(204);
    await refused;
    gates[0]?.resolve();
    await first;
    await expect.poll(() => gates.length).toBe(2);
    gates[1]?.resolve();
    expect((await other).status).toBe(200);
    expect(await held(world)).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('before it comes is never begun', async () => {
    await using world = await mapperWorld();
    const ground = routeGround(world.mapper);
    const sinceMs = world.mapper.clock.monotonicMs();
    expect((await releasePending(ground, back(1, 'user0'), sinceMs)).status).toBe(204);
    await expect(login(ground, loginOf(1, 'user0'), sinceMs)).rejects.toMatchObject({
      code: 'LOGIN_OVERLOAD',
    });
    expect(await held(world)).toEqual([]);
    expect((await login(ground, loginOf(2, 'user0'), sinceMs)).status).toBe(200);
  });

  it('by another user of the same vector goes on', async () => {
    await using world = await mapperWorld();
    const { ground, gates } = gated(world);
    const sinceMs = world.mapper.clock.monotonicMs();
    const answer = login(ground, loginOf(1, 'user0'), sinceMs);
    await expect.poll(() => gates.length).toBe(1);
    expect((await releasePending(ground, back(1, 'user1'), sinceMs)).status).toBe(204);
    gates[0]?.resolve();
    expect((await answer).status).toBe(200);
    expect(await held(world)).toEqual([{ id: 1 }]);
  });
});
