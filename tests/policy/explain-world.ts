/** Asking `holdfast explain`, as a command and without one around it, and the truths that it is asked about. */
import { fakeHeld } from '@holdfast/base/fake-held';
import { createKernelDataplane, desiredState, diffState } from '@holdfast/gateway-policy';
import { type ClientAnswer, explainClient } from '@holdfast/gateway-policy/explain';
import {
  addCustomer,
  provisionConnection,
  readGatewaySnapshot,
  recordTrigger,
  startSession,
  type Truth,
  transitConnection,
} from '@holdfast/truth-db';
import { expect } from 'vitest';
import type { PolicyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';

const yearMs = 365 * 86_400_000;

interface Explained {
  readonly status: number | null;
  readonly answers: readonly ClientAnswer[];
  /** Document and lines, whatever was said. */
  readonly text: string;
}

/** Asks the command twice, for a document and for lines. */
export async function explain(
  flags: readonly string[],
  word: string,
  runtime: keyof typeof runtimes = 'node',
): Promise<Explained> {
  const command = [bins.holdfast, 'explain', ...flags, word];
  const [document, lines] = await Promise.all([
    runProcess(runtimes[runtime], [...command, '--json']),
    runProcess(runtimes[runtime], command),
  ]);
  expect(lines.status).toBe(document.status);
  const { answers = [] } = JSON.parse(document.stdout) as { readonly answers?: readonly ClientAnswer[] };
  return { status: document.status, answers, text: `${document.stdout}${lines.stderr}${lines.stdout}` };
}

/** The one answer, without a command around it. */
export async function answerOf(world: PolicyWorld, word: string): Promise<ClientAnswer> {
  const { truth, stateDir, lab } = world;
  const dataplane = lab === undefined ? 'recorded' : 'kernel';
  const where = { stateDir, gateway: undefined, device: undefined, netns: lab?.netns } as const;
  const place = { ...where, dataplane, lockBackend: 'auto' } as const;
  const [answer, ...others] = await explainClient(word, { truth, place });
  expect(others).toEqual([]);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** As a run writes it. */
export async function makeLive(truth: Truth, name: string, netns: string): Promise<void> {
  const snapshot = await readGatewaySnapshot(truth, name, Date.now());
  if (snapshot === undefined) throw new Error('the gateway is gone');
  const dataplane = createKernelDataplane({ gateway: snapshot.gateway, netns });
  await dataplane.write(diffState(desiredState(snapshot), await dataplane.read()), fakeHeld());
}

type Transaction = Parameters<Parameters<Truth['transaction']>[0]>[0];

export async function connectAt(
  trx: Transaction,
  { name, user, framedIp, ifname }: { name: string; user: string; framedIp: string; ifname: string | null },
): Promise<void> {
  const at = Date.now();
  const limits = { downKbit: 3_000, upKbit: 1_000 };
  const { id } = await provisionConnection(trx, { at, radiusUsername: user, ...limits });
  const session = { gateway: name, vpnConnectionId: id, sessionKey: user, framedIp, ifname, at };
  await startSession(trx, { ...session, expiresAt: at + yearMs });
  await recordTrigger(trx, { gateway: name, reason: 'ip-up', vpnConnectionId: id, at });
}

export async function claim(truth: Truth, vpnConnectionId: number): Promise<number> {
  const at = Date.now();
  return truth.transaction(async (trx) => {
    const passwordHash = 'argon2-hash-of-a-password';
    const customerId = await addCustomer(trx, { email: 'zoe@example.com', passwordHash, at });
    await transitConnection(trx, { vpnConnectionId, event: { kind: 'claim', customerId }, at });
    return customerId;
  });
}
