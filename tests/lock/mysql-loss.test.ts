/** Servers that go away under a MySQL lock: killed and restarted, or silently unreachable. */
import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection as connectTo,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { isMissing } from '../support/needs.ts';
import { forever, MysqlWorld, scope } from './mysql-world.ts';

const leaseMs = 1_000;
const lost = { code: 'LOCK_LOST' };

/** A proxy that can stop forwarding without closing anything. */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  isStalled = false;

  constructor(socketPath: string) {
    this.#server = createServer((client) => {
      const upstream = connectTo(socketPath);
      this.#pipe(client, upstream);
      this.#pipe(upstream, client);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (data) => {
      if (!this.isStalled) to.write(data);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!this.isStalled) to.destroy();
    });
  }
}

describe.skipIf(isMissing('mariadb'))('a server that goes away', () => {
  let world: MysqlWorld;
  let relay: Relay;
  let port: number;

  beforeAll(async () => {
    world = await MysqlWorld.start({ isDurable: true });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  afterEach(async () => {
    relay?.close();
    await world.clear();
  });

  /** As a process on the other side of the relay. */
  async function createRunnerBehindRelay() {
    relay = new Relay(world.server.socketPath);
    port = await relay.listen();
    const { user, database } = world.server.connection;
    const connect = () => createConnection({ host: '127.0.0.1', port, user, database });
    return world.createRunner({ process: 'far', leaseMs, connect });
  }

  it('by a crash ends the hold at once, and generations grow after it', async () => {
    const runner = world.createRunner();
    const held = await runner.acquire(scope);
    const fence = await held.fence();
    await world.server.kill();
    await until(() => held.signal.aborted);
    expect(held.signal.reason).toMatchObject(lost);
    expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining(lost));
    await held.release();
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
    await world.restart();
    const next = await runner.run(scope, {}, (again) => again.fence());
    expect(next).toBeGreaterThan(fence);
    expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining({ code: 'LOCK_RELEASED' }));
  });

  it('by a crash ends the wait of others with the reason', async () => {
    await world.takeOutside();
    const waiter = world.createRunner().run(scope, forever, () => 'ran');
    const refused = expect(waiter).rejects.toMatchObject({ code: 'LOCK_SERVER' });
    await until(async () => (await world.waiting()).length === 1);
    await world.server.kill();
    await refused;
    await world.restart();
    await expect(world.createRunner().run(scope, { waitMs: 0 }, () => 'ran')).resolves.toBe('ran');
  });

  it('without a word ends the hold by its deadline, before the server gives it to the next', async () => {
    const held = await (await createRunnerBehindRelay()).acquire(scope);
    relay.isStalled = true;
    const successor = world.createRunner({ process: 'near' }).run(scope, forever, () => held.signal.aborted);
    await until(() => held.signal.aborted);
    expect(held.signal.reason).toMatchObject(lost);
    expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining(lost));
    expect(await world.waiting()).toHaveLength(1);
    await expect(successor).resolves.toBe(true); // the server has waited for longer than the holder
    await held.release();
  });

  it('without a word ends the wait of a process that has no limit', async () => {
    const outside = await world.takeOutside();
    const waiter = (await createRunnerBehindRelay()).run(scope, forever, () => 'ran');
    const refused = expect(waiter).rejects.toMatchObject({ code: 'LOCK_SERVER' });
    await until(async () => (await world.waiting()).length === 1);
    relay.isStalled = true;
    await refused;
    await outside.giveBack();
  });

  it('without a word is waited for at a release for a moment only', async () => {
    const held = await (await createRunnerBehindRelay()).acquire(scope);
    relay.isStalled = true;
    await held.release();
    relay.close();
    await until(async () => (await world.owner()) === null);
  });

  it('without a word is no reason to wait for longer than the limit', async () => {
    const runner = await createRunnerBehindRelay();
    relay.isStalled = true;
    await expect(runner.run(scope, { waitMs: 100 }, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_SERVER',
      details: { reason: 'ETIMEDOUT' },
    });
  });
});
