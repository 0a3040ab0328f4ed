/** A new connection, and the fields of one that are edited. */
import { expect, it } from 'vitest';
import {
  changeConnection,
  encodeTime,
  hashToken,
  provisionConnection,
  setRate,
  type Truth,
} from '../index.ts';
import { failureOf } from '../testing/failure-of.ts';
import { hourMs, now } from '../testing/session-world.ts';
import { connectionOf, withConnections } from '../testing/truth-rows.ts';

export function provisionsHold(truth: () => Truth): void {
  it('a connection is provisioned with 30 days of grace, 180 to claim, and only the hash of its token', async () => {
    const { id, token } = await truth().transaction((trx) => provisionConnection(trx, { at: now }));
    expect(await connectionOf(truth(), id)).toMatchObject({
      status: 'PREPROVISIONED',
      customer_id: null,
      token: hashToken(token),
      created_at: encodeTime(now),
      unclaimed_grace_until: encodeTime(now + 30 * 24 * hourMs),
      claim_deadline: encodeTime(now + 180 * 24 * hourMs),
      restricted_effective: 0,
      version: 1,
    });
    expect(token).toHaveLength(43);
  });

  it('a restriction sets and lifts the derived field and counts the version', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    const happens = (kind: 'restrict' | 'unrestrict') =>
      changeConnection(truth(), { vpnConnectionId: id, event: { kind, reason: 'EXPIRY' }, at: now });
    await happens('restrict');
    const restricted = { restricted_reason: 'EXPIRY', restricted_effective: 1, version: 2 };
    expect(await connectionOf(truth(), id)).toMatchObject(restricted);
    await happens('unrestrict');
    const free = { restricted_reason: null, restricted_effective: 0, version: 3 };
    expect(await connectionOf(truth(), id)).toMatchObject(free);
  });

  it('a change of a connection that does not exist is refused', async () => {
    const rate = truth().transaction((trx) => setRate(trx, 99, { downKbit: 1, upKbit: 1 }));
    expect(await failureOf(rate)).toEqual({ code: 'CONNECTION_UNKNOWN' });
  });
}
