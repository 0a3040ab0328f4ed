/**
 * Whether others see the packets of RFC 5176 as we do: a real FreeRADIUS takes our requests and we take its answers, and its
 * `radclient` says whether the NAS of the other tests is one.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { releaseSessionByHand } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { startFreeradiusNas } from '../support/freeradius-nas.ts';
import { startNasDouble } from '../support/nas-double.ts';
import { nasSecret, nasWorld } from '../support/nas-world.ts';
import { isMissing } from '../support/needs.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe.skipIf(isMissing('freeradius'))('beside FreeRADIUS', () => {
  it.each([
    ['mikrotik', 'holdfast-restricted|0/20000k||'],
    ['wispr', 'holdfast-restricted||20000000|4294967295'],
    ['filter', 'holdfast-restricted|||'],
  ] as const)(
    'a NAS reads a CoA-Request of profile %s, and what it acknowledges counts',
    async (profile, read) => {
      await using nas = await startFreeradiusNas(nasSecret);
      await using w = await nasWorld({ port: nas.port, profile });
      const id = await w.connect(1);
      await w.rate(id, 20_000);
      await w.restrict(id);
      expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
      expect(nas.seen()).toEqual([expect.stringContaining(`CoA-Request|user-1|session-1||${read}|`)]);
      const seconds = Number(nas.seen()[0]?.split('|').at(-1));
      expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(60);
      expect(await w.notify()).toMatchObject({ sent: 0 });
      expect(nas.seen()).toHaveLength(1);
    },
  );

  it('a NAS reads Disconnect-Requests, and the cause of its refusal is read', async () => {
    await using nas = await startFreeradiusNas(nasSecret);
    await using w = await nasWorld({ port: nas.port });
    const [known, unknown, ended] = [await w.connect(1), await w.connect(2), await w.connect(3)];
    await w.truth.db
      .updateTable('active_session_locks')
      .set({ acct_session_id: 'unknown' })
      .where('vpn_connection_id', '=', unknown)
      .execute();
    for (const id of [known, unknown]) await w.disable(id);
    await w.truth.db
      .updateTable('active_session_locks')
      .set({ acct_session_id: null })
      .where('vpn_connection_id', '=', ended)
      .execute();
    await w.truth.transaction((trx) =>
      releaseSessionByHand(trx, { vpnConnectionId: ended, reason: 'x', at: w.now() }),
    );
    expect(await w.notify()).toMatchObject({ sent: 3, acked: 2, gone: 1, driftTotal: 0 });
    expect(
      nas
        .seen()
        .map((line) => line.split('|').slice(0, 4).join('|'))
        .toSorted(),
    ).toEqual([
      'Disconnect-Request|user-1|session-1|',
      'Disconnect-Request|user-2|unknown|',
      'Disconnect-Request|user-3||10.77.0.4',
    ]);
    expect(await w.lock(unknown)).toMatchObject({ state: 'released', release_reason: 'unknown-to-nas' });
    expect(await w.notify()).toMatchObject({ sent: 0 });
  });

  it('a NAS with another secret takes nothing of ours', async () => {
    await using nas = await startFreeradiusNas('another secret');
    await using w = await nasWorld({ port: nas.port });
    await w.disable(await w.connect(1));
    expect(await w.notify({ budgetMs: 700 })).toMatchObject({ acked: 0, unfinished: 1 });
    expect(nas.seen()).toEqual([]);
    expect(nas.log()).toMatch(/invalid (?:Message-Authenticator|Request Authenticator)|Shared secret/i);
  });

  it('the double of the other tests is a NAS for radclient: what it sends and what it refuses', async () => {
    await using directory = await temporaryDirectory();
    const files = { right: join(directory.path, 'right'), wrong: join(directory.path, 'wrong') };
    await writeFile(files.right, nasSecret, { mode: 0o600 });
    await writeFile(files.wrong, `${nasSecret}!`, { mode: 0o600 });
    await using double = await startNasDouble({
      secret: nasSecret,
      behave: ({ attributes }) => {
        if (attributes['44']?.toString() === 'gone') return { nak: 503 };
        return attributes['44']?.toString() === 'signed' ? 'signed-ack' : 'ack';
      },
    });
    const send = (session: string, secret = files.right) =>
      runProcess(
        'radclient',
        ['-x', '-r', '1', '-t', '1', '-S', secret, `${double.address}:${double.port}`, 'disconnect'],
        {
          input: `User-Name = "zoë"\nAcct-Session-Id = "${session}"\nMessage-Authenticator = 0x00\n`,
        },
      );
    const [plain, signed, gone, refused] = await Promise.all([
      send('plain'),
      send('signed'),
      send('gone'),
      send('plain', files.wrong),
    ]);
    expect(plain).toMatchObject({ status: 0, stdout: expect.stringContaining('Received Disconnect-ACK') });
    expect(signed).toMatchObject({ status: 0, stdout: expect.stringContaining('Received Disconnect-ACK') });
    expect(signed.stdout).toMatch(/Received Disconnect-ACK.*Message-Authenticator/s);
    expect(gone.stdout).toMatch(/Received Disconnect-NAK.*Error-Cause = Session-Context-Not-Found/s);
    expect(refused.stdout + refused.stderr).toContain('No reply from server');
    expect(double.refused).toEqual(['Request Authenticator']);
    expect(double.requests.map(({ attributes }) => attributes['1']?.toString())).toEqual([
      'zoë',
      'zoë',
      'zoë',
    ]);
  });
});
