/**
 * The units under a real systemd, as they are shipped and confined as they say: the daemon tells when it has started and that it
 * lives, an event of a hook starts a run, the timer starts another.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provisionConnection } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { canRunSystemd, type PrivateSystemd, startPrivateSystemd } from '../support/private-systemd.ts';
import { shownByKernel, wantedBy } from './matrix/recomputed.ts';

const daemon = 'vpn-policy-reconcile.service';
const once = 'vpn-policy-reconcile-once';

// Where a container has neither cgroups nor systemd there is nothing to try.
if (canRunSystemd()) {
  describe.skipIf(isMissing('root', 'nft', 'systemd', 'unshare'))('the units under systemd', () => {
    let world: PolicyWorld;
    let systemd: PrivateSystemd;

    beforeAll(async () => {
      world = await policyWorld({ dataplane: 'kernel' });
      mkdirSync(join(world.stateDir, 'spool'), { mode: 0o700 });
      if (world.lab === undefined) throw new Error('no lab');
      systemd = await startPrivateSystemd({
        app: 'policy-reconcile',
        stateDir: world.stateDir,
        netns: world.lab.netns,
        dropIns: { [daemon]: ['WatchdogSec=2s'] },
      });
    });

    afterAll(async () => {
      await systemd?.[Symbol.asyncDispose]();
      await world?.[Symbol.asyncDispose]();
    });

    const live = () => {
      if (world.lab === undefined) throw new Error('no lab');
      return shownByKernel(world.lab);
    };
    const expectLive = async () => expect(live()).toEqual(await wantedBy(world.truth, 'gw1', Date.now()));

    it('start the daemon, which says when it is ready and again and again that it lives', async () => {
      await world.connect(10, 5_000);
      await systemd.systemctl('start', daemon); // returns with READY=1
      await expectLive();
      expect(await systemd.property(daemon, 'ActiveState')).toBe('active');
      expect(await systemd.property(daemon, 'StatusText')).toBe('triggers up to 1 are live');
      const ready = await systemd.property(daemon, 'WatchdogTimestampMonotonic');
      await systemd.becomes(daemon, 'WatchdogTimestampMonotonic', (value) => value !== ready);

      await world.connect(11, 6_000);
      await systemd.becomes(daemon, 'StatusText', (value) => value === 'triggers up to 2 are live');
      await expectLive();
    });

    it('start a daemon anew that hangs', async () => {
      const pid = await systemd.property(daemon, 'MainPID');
      await systemd.systemctl('kill', '--signal=STOP', '--kill-who=main', daemon);
      await systemd.becomes(daemon, 'NRestarts', (value) => value === '1');
      await systemd.becomes(daemon, 'ActiveState', (value) => value === 'active');
      expect(await systemd.property(daemon, 'MainPID')).not.toBe(pid);
      await world.connect(12, 7_000);
      await systemd.becomes(daemon, 'StatusText', (value) => value === 'triggers up to 3 are live');
      await expectLive();
    });

    it('stop it without a failure', async () => {
      await systemd.systemctl('stop', daemon);
      expect(await systemd.property(daemon, 'Result')).toBe('success');
      expect(await systemd.property(daemon, 'ExecMainStatus')).toBe('0');
      expect(await systemd.property(daemon, 'ActiveState')).toBe('inactive');
    });

    it('start a run when a hook leaves an event, each time', async () => {
      await systemd.systemctl('start', `${once}.path`);
      for (const [place, user] of ['alice', 'bob'].entries()) {
        await world.truth.transaction((trx) =>
          provisionConnection(trx, { at: Date.now(), radiusUsername: user, downKbit: 8_000 + place }),
        );
        const before = await systemd.property(`${once}.service`, 'InvocationID');
        leaveEvent(world, user, `10.77.9.${place + 1}`);
        await systemd.becomes(`${once}.service`, 'InvocationID', (value) => value !== before);
        await systemd.becomes(`${once}.service`, 'ActiveState', (value) => value === 'inactive');
        expect(await systemd.property(`${once}.service`, 'Result')).toBe('success');
        expect(live().limits).toContain(`10.77.9.${place + 1} down ${8_000 + place} kbit`);
        await expectLive();
      }
      await systemd.systemctl('stop', `${once}.path`);
    });

    it('start a run by the timer, which repairs what somebody has changed', async () => {
      world.lab?.run('nft', 'flush', 'ruleset');
      await systemd.systemctl('start', `${once}.timer`);
      await systemd.becomes(`${once}.timer`, 'LastTriggerUSec', (value) => value !== '' && value !== 'n/a');
      await systemd.becomes(`${once}.service`, 'ActiveState', (value) => value === 'inactive');
      expect(await systemd.property(`${once}.service`, 'Result')).toBe('success');
      await expectLive();
      expect(await systemd.property(`${once}.timer`, 'NextElapseUSecMonotonic')).not.toBe('infinity');
    });
  });
}

/** As the hook leaves it: written beside, then renamed. */
function leaveEvent({ stateDir }: PolicyWorld, user: string, address: string): void {
  const values = {
    v: 1,
    source: 'pppd',
    verb: 'up',
    user,
    session: `${user}.0`,
    boot: 'b'.repeat(32),
    uptime: '100.00',
    framed_ip: address,
  };
  const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  const path = join(stateDir, 'spool', user);
  writeFileSync(path, text.join(''), { mode: 0o600 });
  renameSync(path, `${path}.event`);
}
