/**
 * The unit of the mapper under a real systemd, as it is shipped and confined as it says: it tells when it answers, is started anew
 * when it hangs or is killed, and ends without a failure.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { canRunSystemd, type PrivateSystemd, startPrivateSystemd } from '../support/private-systemd.ts';
import { fillRadiusTruth } from '../support/radius-truth.ts';
import { runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const mapper = 'vpn-radius-mapper.service';
const secret = '/var/lib/holdfast-radius/radius-mapper.secret';

// Where a container has neither cgroups nor systemd there is nothing to try.
if (canRunSystemd()) {
  describe.skipIf(isMissing('root', 'systemd', 'unshare'))('the unit of the mapper under systemd', () => {
    let directory: TemporaryDirectory;
    let systemd: PrivateSystemd;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await using truth = openTruth(`sqlite:${join(directory.path, 'truth.sqlite')}`);
      await migrate(truth);
      await fillRadiusTruth(truth, { users: 1, password: 'correct horse battery' });
      await truth.close();
      for (const name of ['', 'truth.sqlite']) chmodSync(join(directory.path, name), 0o777);
      systemd = await startPrivateSystemd({
        app: 'radius-mapper',
        stateDir: directory.path,
        dropIns: {
          // The embedded truth of a test: that of an operator is a server, or lies in the directory of the unit.
          [mapper]: [
            'Environment=HOLDFAST_DATABASE=sqlite:/var/lib/holdfast/truth.sqlite',
            'ReadWritePaths=/var/lib/holdfast',
            'WatchdogSec=2s',
          ],
        },
      });
    });

    afterAll(async () => {
      await systemd?.[Symbol.asyncDispose]();
      await directory?.[Symbol.asyncDispose]();
    });

    /** Runs a command where the mapper does, as root. */
    const inside = async (...words: readonly string[]) => {
      const { status, stdout, stderr } = await runProcess('nsenter', [
        ...['-t', String(systemd.pid), '-m', '-p', '-n', '--', ...words],
      ]);
      if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
      return stdout;
    };
    const readiness = async () => {
      const ask = `const { status } = await fetch('http://127.0.0.1:8081/readyz'); console.log(status)`;
      return (await inside(process.execPath, '--input-type=module', '-e', ask)).trim();
    };
    const pidOf = () => systemd.property(mapper, 'MainPID');

    it('starts it, which says when it answers and again and again that it lives', async () => {
      await systemd.systemctl('start', mapper); // returns with READY=1
      expect(await systemd.property(mapper, 'ActiveState')).toBe('active');
      expect(await systemd.property(mapper, 'StatusText')).toBe('answering on http://127.0.0.1:8081');
      expect(await readiness()).toBe('200');
      const ready = await systemd.property(mapper, 'WatchdogTimestampMonotonic');
      await systemd.becomes(mapper, 'WatchdogTimestampMonotonic', (value) => value !== ready);
    });

    it('runs it as nobody in particular, without a capability, with a secret that nobody else reads', async () => {
      const status = await inside('cat', `/proc/${await pidOf()}/status`);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      const [, user = '0'] = /^Uid:\t(\d+)/m.exec(status) ?? [];
      expect(Number(user)).toBeGreaterThan(0);
      expect((await inside('stat', '-c', '%a %u', secret)).trim()).toBe(`600 ${user}`);
    });

    it.each(['KILL', 'STOP'])('starts one anew that got SIG%s', async (signal) => {
      const [pid, restarts] = [await pidOf(), Number(await systemd.property(mapper, 'NRestarts'))];
      const shown = await inside('cat', secret);
      await systemd.systemctl('kill', `--signal=${signal}`, '--kill-who=main', mapper);
      await systemd.becomes(mapper, 'NRestarts', (value) => value === String(restarts + 1));
      await systemd.becomes(mapper, 'ActiveState', (value) => value === 'active');
      expect(await pidOf()).not.toBe(pid);
      expect(await readiness()).toBe('200');
      expect(await inside('cat', secret)).toBe(shown); // FreeRADIUS has it in its configuration
    });

    it('stops it without a failure', async () => {
      await systemd.systemctl('stop', mapper);
      expect(await systemd.property(mapper, 'Result')).toBe('success');
      expect(await systemd.property(mapper, 'ActiveState')).toBe('inactive');
    });
  });
}
