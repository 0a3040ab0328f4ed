import type { NasSettlement } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { openNasLedger } from './nas-ledger.ts';

function settlement(id: number): NasSettlement {
  const session = {
    id,
    vpnConnectionId: id,
    holderToken: `${id}`,
    nasIp: '192.0.2.1',
    userName: null,
    acctSessionId: null,
    framedIp: null,
  };
  return { kind: 'gone', session };
}

const upTo = (count: number) => Array.from({ length: count }, (_value, index) => index);

describe('a ledger', () => {
  it('stores everything in order, many at a time, and what comes while it writes as well', async () => {
    const stored: number[][] = [];
    const ledger = openNasLedger(
      async (some) => {
        await Promise.resolve();
        if (stored.length === 0) ledger.add(settlement(600));
        stored.push(some.map(({ session }) => session.id));
      },
      () => undefined,
    );
    for (const id of upTo(600)) ledger.add(settlement(id));
    await ledger.close();
    expect(stored.flat()).toEqual(upTo(601));
    expect(stored.map(({ length }) => length)).toEqual([250, 250, 101]);
  });

  it('stores a few that nobody closes it for, too', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const ledger = openNasLedger(
      async (some) => resolve(some.length),
      () => undefined,
    );
    for (const id of upTo(3)) ledger.add(settlement(id));
    expect(await promise).toBe(3);
    ledger.add(settlement(3));
    await ledger.close();
  });

  it('stores nothing after a failure, tells of it at once, and says it at the end', async () => {
    const failure = new Error('the hold is lost');
    let writes = 0;
    let failures = 0;
    const ledger = openNasLedger(
      async () => {
        writes += 1;
        throw failure;
      },
      () => {
        failures += 1;
      },
    );
    for (const id of upTo(600)) ledger.add(settlement(id));
    await expect(ledger.close()).rejects.toBe(failure);
    ledger.add(settlement(600));
    await expect(ledger.close()).rejects.toBe(failure);
    expect([writes, failures]).toEqual([1, 1]);
  });

  it('with nothing in it stores nothing', async () => {
    const ledger = openNasLedger(
      async () => expect.unreachable(),
      () => undefined,
    );
    await ledger.close();
  });
});
