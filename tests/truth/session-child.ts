/**
 * One of many that want the session of the same connection: `session-child.ts URL CONNECTION COUNT DIRECTORY`. Acquires it
 * COUNT times. That it is alone is shown by a file that only one process can create; what it does not release it leaves
 * to expire. Prints what it found as one line of JSON.
 */
import { once } from 'node:events';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, systemClock } from '@holdfast/base';
import {
  acquireSession,
  confirmSession,
  extendSession,
  openTruth,
  releaseSession,
  type SessionAnswer,
  type Truth,
} from '@holdfast/truth-db';

const [url = '', connection = '', count = '', directory = ''] = process.argv.slice(2);
const vpnConnectionId = Number(connection);
const evidence = join(directory, 'holder');
const expiryMs = 60_000;
/** Every so many acquisitions one is reported as begun, and one is left to expire after a moment. */
const begunEvery = 4;
const leftEvery = 7;
const leftMs = 30;

const found = {
  tokens: [] as string[],
  begun: 0,
  takenOver: 0,
  busy: 0,
  seconds: 0,
  unexpected: [] as string[],
};

await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
console.log('ready');
await once(process.stdin, 'data');
for (let turn = 1; found.tokens.length < Number(count); turn += 1) await takeTurn(truth, turn);
console.log(JSON.stringify(found));
process.stdin.destroy();

async function takeTurn(db: Truth, turn: number): Promise<void> {
  const isLeft = turn % leftEvery === 0;
  const answer = await acquire(db, `${process.pid}-${turn}`, isLeft ? leftMs : expiryMs);
  if (answer.kind === 'busy') {
    found.busy += 1;
    await systemClock.sleep(Math.random() * 4);
    return;
  }
  if (answer.kind !== 'granted' && answer.kind !== 'taken-over') {
    found.unexpected.push(answer.kind);
    return;
  }
  if (answer.kind === 'taken-over') found.takenOver += 1;
  found.tokens.push(answer.holderToken);
  // What is left to expire is in nobody's hands, from before its time is over.
  if (!isLeft) await hold(db, answer.holderToken, turn % begunEvery === 0);
}

function acquire(db: Truth, requestVector: string, forMs: number): Promise<SessionAnswer> {
  return db.transaction((trx) => {
    const at = Date.now();
    const sessionKey = `process-${process.pid}`;
    // A request of its own each time, so that the same process is not taken for a retransmission of itself.
    const device = `${sessionKey}-${requestVector}`;
    return acquireSession(trx, {
      vpnConnectionId,
      gateway: 'gw',
      sessionKey: device,
      requestVector,
      at,
      expiresAt: at + forMs,
    });
  });
}

async function hold(db: Truth, holderToken: string, isBegun: boolean): Promise<void> {
  appear();
  const at = Date.now();
  const report = { vpnConnectionId, holder: { holderToken }, at, expiresAt: at + expiryMs };
  if (isBegun) {
    found.begun += 1;
    await expectKind(
      'confirmed',
      db.transaction((trx) => confirmSession(trx, { ...report, framedIp: '198.51.100.4' })),
    );
    await expectKind(
      'extended',
      db.transaction((trx) => extendSession(trx, report)),
    );
  }
  unlinkSync(evidence);
  await expectKind(
    'released',
    db.transaction((trx) => releaseSession(trx, { ...report, reason: 'stop' })),
  );
}

/** Fails to create the file when somebody else holds the session too. */
function appear(): void {
  try {
    closeSync(openSync(evidence, 'wx'));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    found.seconds += 1;
  }
}

async function expectKind(kind: string, answer: Promise<{ readonly kind: string }>): Promise<void> {
  const actual = (await answer).kind;
  if (actual !== kind) found.unexpected.push(`${actual} instead of ${kind}`);
}
