/**
 * One of many that log devices in by the batch: `batch-child.ts URL BATCHES DIRECTORY SHARED OWN`. Two batches are under way
 * at a time: first of connections of its OWN, which lie between those of others and begin without a row, then BATCHES of
 * some that all of them want. Both are lists of ids with commas, taken in any order. That a session that was granted is
 * nobody else's is shown by a file that only one process can create. Prints what it found as one line of JSON.
 */
import { once } from 'node:events';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import {
  acquireSessions,
  confirmSession,
  openTruth,
  releaseSession,
  type SessionRequest,
  type Truth,
} from '@holdfast/truth-db';

const [url = '', batches = '', directory = '', shared = '', own = ''] = process.argv.slice(2);
const ids = shared.split(',').map(Number);
const fresh = shuffled(own.split(',').map(Number));
/** Each of them between two that had a session before. */
const freshAtOnce = 4;
const used: number[] = [];
const lanes = 2;
/** One session in so many begins, and has an address. */
const begunEvery = 3;
const expiryMs = 60_000;

const found = {
  granted: 0,
  busy: 0,
  begun: 0,
  seconds: 0,
  tokens: [] as string[],
  unexpected: [] as string[],
};

const truths = Array.from({ length: lanes }, () => openTruth(url, { busyTimeoutMs: 60_000 }));
console.log('ready');
await once(process.stdin, 'data');
await Promise.all(truths.map((truth, lane) => logInAgain(truth, `${process.pid}-${lane}`)));
for (const truth of truths) await truth.close();
console.log(JSON.stringify(found));
process.stdin.destroy();

async function logInAgain(truth: Truth, device: string): Promise<void> {
  while (fresh.length > 0) {
    const some = fresh.splice(0, freshAtOnce);
    const held = await logIn(truth, device, shuffled([...some, ...shuffled(used).slice(0, freshAtOnce)]));
    for (const one of held) await leave(truth, one);
    used.push(...some);
  }
  for (let batch = 0; batch < Number(batches); batch += 1) {
    const some = shuffled(ids).slice(0, 1 + Math.floor(Math.random() * ids.length));
    const held = await logIn(truth, `${device}-${batch}`, some);
    for (const { id } of held) appear(id);
    for (const one of held) await leave(truth, one, () => unlinkSync(evidenceOf(one.id)));
  }
}

/** @returns those that were granted */
async function logIn(truth: Truth, device: string, some: readonly number[]): Promise<readonly Held[]> {
  const at = Date.now();
  const requests = some.map((id, place) => requestOf(id, `${device}-${place}`, at));
  const answers = await truth.transaction((trx) => acquireSessions(trx, requests));
  return answers.flatMap((answer, place) => {
    if (answer.kind === 'busy') found.busy += 1;
    else if (answer.kind !== 'granted') found.unexpected.push(answer.kind);
    return answer.kind === 'granted' ? [{ id: some[place] ?? 0, holderToken: answer.holderToken }] : [];
  });
}

interface Held {
  readonly id: number;
  readonly holderToken: string;
}

function requestOf(vpnConnectionId: number, device: string, at: number): SessionRequest {
  const expiresAt = at + expiryMs;
  return { vpnConnectionId, gateway: 'gw', sessionKey: device, requestVector: device, at, expiresAt };
}

async function leave(truth: Truth, { id, holderToken }: Held, disappear = () => {}): Promise<void> {
  found.granted += 1;
  found.tokens.push(holderToken);
  const at = Date.now();
  const report = { vpnConnectionId: id, holder: { holderToken }, at };
  if (found.granted % begunEvery === 0) {
    found.begun += 1;
    const started = { ...report, framedIp: `198.51.${id >> 8}.${id & 255}`, expiresAt: at + expiryMs };
    expectKind('confirmed', await truth.transaction((trx) => confirmSession(trx, started)));
  }
  disappear();
  expectKind(
    'released',
    await truth.transaction((trx) => releaseSession(trx, { ...report, reason: 'stop' })),
  );
}

/** Fails to create the file when somebody else holds the session too. */
function appear(id: number): void {
  try {
    closeSync(openSync(evidenceOf(id), 'wx'));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    found.seconds += 1;
  }
}

function evidenceOf(id: number): string {
  return join(directory, `holder-${id}`);
}

function expectKind(kind: string, answer: { readonly kind: string }): void {
  if (answer.kind !== kind) found.unexpected.push(`${answer.kind} instead of ${kind}`);
}

function shuffled(all: readonly number[]): number[] {
  return all
    .map((id) => ({ id, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ id }) => id);
}
