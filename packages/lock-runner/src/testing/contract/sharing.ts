/** Shared holds: readers together, writers alone; and the refusal by a backend that has none. */
import { describe, expect, it } from 'vitest';
import { gate } from '../gate.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeSharing(world: ContractWorld): void {
  if (world.isShareable) describeSharedHolds(world);
  else describeRefusal(world);
}

function describeSharedHolds(world: ContractWorld): void {
  describe('exclusion', () => {
    it('lets shared holders in together', async () => {
      const runner = world.createRunner();
      const both = gate();
      let inside = 0;
      const read = () =>
        runner.run(world.scope, { mode: 'shared' }, async () => {
          inside += 1;
          if (inside === 2) both.open();
          await both.opened; // would never settle if they excluded each other
        });
      await Promise.all([read(), read()]);
      expect(inside).toBe(2);
    });

    it('keeps a writer out while somebody reads, and a reader out while somebody writes', async () => {
      const runner = world.createRunner();
      const reader = await runner.acquire(world.scope, { mode: 'shared' });
      await expect(world.tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await reader.release();
      const writer = await runner.acquire(world.scope);
      await expect(world.tryOnce(runner, { mode: 'shared' })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await writer.release();
    });

    it('serves a waiting writer before readers that came after it', async () => {
      const runner = world.createRunner();
      const order: string[] = [];
      const first = await runner.acquire(world.scope, { mode: 'shared' });
      const writer = runner.run(world.scope, {}, () => order.push('writer'));
      const reader = runner.run(world.scope, { mode: 'shared' }, () => order.push('reader'));
      await expect(world.tryOnce(runner, { mode: 'shared' })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await first.release();
      await Promise.all([writer, reader]);
      expect(order).toEqual(['writer', 'reader']);
    });

    it('lets readers in again when the writer they wait behind gives up', async () => {
      const runner = world.createRunner();
      const first = await runner.acquire(world.scope, { mode: 'shared' });
      const cancel = new AbortController();
      const writer = runner.run(world.scope, { signal: cancel.signal, waitMs: Infinity }, () => undefined);
      const reader = runner.run(world.scope, { mode: 'shared', waitMs: Infinity }, () => 'read');
      cancel.abort();
      await expect(writer).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(reader).resolves.toBe('read'); // while the first reader is still inside
      await expect(world.tryOnce(runner, { mode: 'shared' })).resolves.toBe('ran');
      await first.release();
    });
  });
}

function describeRefusal(world: ContractWorld): void {
  it('refuses to lock shared what it can only lock exclusively', async () => {
    await expect(world.tryOnce(world.createRunner(), { mode: 'shared' })).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
    });
  });
}
