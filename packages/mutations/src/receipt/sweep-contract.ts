/** Receipts are kept as long as was promised, and no mutation is misjudged while they go. */
import { encodeTime } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { receiptTtlMs, sweepReceipts } from '../index.ts';
import type { MakeDatabase } from '../testing/engines.ts';
import { edit } from '../testing/task-world.ts';
import { useTasks } from '../testing/use-tasks.ts';

const at = Date.UTC(2026, 0, 10);

export function sweepContract(name: string, make: MakeDatabase): void {
  describe(`receipts on ${name}`, () => {
    const { world } = useTasks(make);

    it('are forgotten after 24 hours and not before, the oldest first, in batches', async () => {
      await addReceipts(25, at - receiptTtlMs - 25);
      await addReceipts(3, at - receiptTtlMs, 'kept');
      const { truth } = world();
      expect(await sweepReceipts(truth, { at, batch: 10, batches: 2 })).toBe(20);
      expect(await sweepReceipts(truth, { at, batch: 10, batches: 2 })).toBe(5);
      expect(await sweepReceipts(truth, { at })).toBe(0);
      expect((await world().everything()).receipts).toHaveLength(3);
    });

    it('are left alone by a sweep that was called off', async () => {
      await addReceipts(2, 0);
      expect(await sweepReceipts(world().truth, { at, signal: AbortSignal.abort() })).toBe(0);
    });

    it('that are swept while their mutations are sent again leave every one applied once', async () => {
      const { truth } = world();
      for (let round = 0; round < 10; round += 1) {
        const version = ((await world().task()) as { version: number }).version;
        const mutation = edit({ title: `round ${round}` }, { version });
        const [one, other, swept] = await Promise.all([
          world().change(mutation),
          world().change(mutation),
          sweepReceipts(truth, { at: Date.now() + 2 * receiptTtlMs }),
        ]);
        expect(one.kind).toBe('applied');
        // A receipt that is gone is no receipt: then the version tells that it was done.
        expect(swept > 0 ? ['replayed', 'version-conflict'] : ['replayed']).toContain(other.kind);
        expect(await world().task()).toMatchObject({ version: version + 1 });
      }
    });

    async function addReceipts(count: number, from: number, prefix = 'old'): Promise<void> {
      const rows = Array.from({ length: count }, (_receipt, place) => ({
        profile: 'panel',
        principal: 'u1',
        mutation_id: `${prefix}-${place}`,
        fingerprint: '',
        status: 200,
        kind: 'task',
        resource_id: '1',
        version: 2,
        response: null,
        created_at: encodeTime(from + place),
      }));
      await world().truth.db.insertInto('mutation_receipts').values(rows).execute();
    }
  });
}
