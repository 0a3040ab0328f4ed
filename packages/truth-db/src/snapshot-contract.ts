/** What a policy run reads. */
import { expect, it } from 'vitest';
import {
  addGateway,
  endSession,
  readGatewaySnapshot,
  recordTrigger,
  setRate,
  slotFor,
  startSession,
  type Truth,
  transitConnection,
} from './index.ts';
import { failureOf } from './testing/failure-of.ts';
import { now } from './testing/session-world.ts';
import { startOf, withConnections, withGateway } from './testing/truth-rows.ts';

export function snapshotsHold(truth: () => Truth): void {
  it('the snapshot of an unknown gateway is absent', async () => {
    expect(await readGatewaySnapshot(truth(), 'nowhere', now)).toBeUndefined();
  });

  it('a snapshot has the live sessions of its gateway only, by connection, in JavaScript values', async () => {
    await withGateway(truth(), 'gw');
    await withGateway(truth(), 'other');
    const ids = await withConnections(truth(), 5);
    const [first = 0, expired = 0, elsewhere = 0, ended = 0, last = 0] = ids;
    await truth().transaction(async (trx) => {
      await startSession(trx, { ...startOf(last), framedIp: '198.51.100.9', framedIpv6: '2001:db8::9' });
      await startSession(trx, { ...startOf(first), framedIp: '198.51.100.8' });
      await startSession(trx, { ...startOf(expired), expiresAt: now });
      await startSession(trx, { ...startOf(elsewhere), gateway: 'other' });
      await startSession(trx, startOf(ended));
      await endSession(trx, { vpnConnectionId: ended, reason: 'user-request', at: now });
      await transitConnection(trx, {
        vpnConnectionId: first,
        event: { kind: 'restrict', reason: 'QUOTA' },
        at: now,
      });
      await setRate(trx, last, { downKbit: 5_000, upKbit: null });
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', vpnConnectionId: first, at: now });
    });
    const common = {
      status: 'PREPROVISIONED',
      framedIpv6: null,
      downKbit: null,
      upKbit: null,
      ifname: null,
      restrictedEffective: false,
    };
    expect(await readGatewaySnapshot(truth(), 'gw', new Date(now))).toEqual({
      gateway: { id: 1, name: 'gw', layout: 'shared-device', device: 'wg0', shards: 4 },
      newestTrigger: 1,
      sessions: [
        {
          ...common,
          vpnConnectionId: first,
          framedIp: '198.51.100.8',
          shapingSlot: slotFor(0, 1),
          restrictedEffective: true,
        },
        {
          ...common,
          vpnConnectionId: last,
          framedIp: '198.51.100.9',
          framedIpv6: '2001:db8::9',
          shapingSlot: slotFor(1, 1),
          downKbit: 5_000,
        },
      ],
    });
  });

  it('a snapshot refuses to write', async () => {
    const write = truth().snapshot((trx) =>
      addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' }),
    );
    expect(await failureOf(write)).toEqual({ code: 'INTERNAL' });
    await withGateway(truth(), 'gw');
  });
}
