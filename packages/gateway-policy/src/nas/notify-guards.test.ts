/** What must not happen while NASes are told: a lost hold, a session that changes hands, a secret that is shown. */
import { inspect } from 'node:util';
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { describe, expect, it } from 'vitest';
import type { NasBehaviour, NasDoubleRequest } from '../../../../tests/support/nas-double.ts';
import { nasSecret, nasWorld } from '../../../../tests/support/nas-world.ts';
import { nasDue } from './nas-due.ts';

const kindsOf = (requests: readonly NasDoubleRequest[]) =>
  requests.map(({ kind, attributes }) => `${kind} ${attributes['44']?.toString()}`);

describe('the hold', () => {
  it('of another gateway sends nothing', async () => {
    await using w = await nasWorld();
    await w.disable(await w.connect(1));
    const held = fakeHeld({ scope: 'policy:gw2' });
    await expect(w.notify({ held })).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
    expect(w.requests()).toBe(0);
  });

  it('that is lost while a NAS is asked stores nothing of its answer, and the next run asks once more', async () => {
    const held = fakeHeld({ scope: 'policy:gw1' });
    await using w = await nasWorld({
      behaviours: [
        () => {
          held.loss = new HoldfastError('LOCK_LOST', 'somebody else has it');
          return 'ack';
        },
      ],
    });
    const id = await w.connect(1);
    await w.restrict(id);
    await expect(w.notify({ held })).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await w.lock(id)).toMatchObject({ nas_applied: null });
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(w.requests()).toBe(2);
  });
});

describe('a session that begins while its predecessor is talked about', () => {
  it('is not touched by the answer', async () => {
    const restricted: number[] = [];
    await using w = await nasWorld({
      behaviours: [
        async ({ kind }): Promise<NasBehaviour> => {
          const [id] = restricted;
          if (kind === 'coa' && id !== undefined) await w.reconnect(1, id);
          return 'ack';
        },
      ],
    });
    const id = await w.connect(1);
    restricted.push(id);
    await w.restrict(id);
    const before = await w.lock(id);
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    const after = await w.lock(id);
    expect(after.holder_token).not.toBe(before.holder_token);
    expect(after).toMatchObject({ nas_applied: null, state: 'held' });
    // Its own turn comes with the next run, and so does the end of the one before it.
    expect(await w.notify()).toMatchObject({ sent: 2, acked: 2 });
    expect(
      kindsOf(w.doubles[0]?.requests ?? [])
        .slice(1)
        .toSorted(),
    ).toEqual(['coa again-1', 'disconnect session-1']);
  });
});

describe('the secret', () => {
  it('stands in no report, no warning and no error', async () => {
    await using w = await nasWorld({ behaviours: [() => ({ nak: 404 })] });
    await w.disable(await w.connect(1));
    const said = [await nasDue({ truth: w.truth, gateway: 'gw1', at: w.now() }), await w.notify()];
    const held = fakeHeld({ scope: 'policy:gw2' });
    const failure = await w.notify({ held }).catch((error: unknown) => error);
    const text = inspect([...said, failure], { depth: 20 }) + JSON.stringify([said, failure]);
    expect(text).not.toContain(nasSecret);
  });
});
