import type { HttpAnswer, MutationRequest, PanelClient } from '@holdfast/panel-client';
import { describe, expect, it } from 'vitest';
import { SessionStore } from '../session/session-store.ts';
import { sendMutation } from './send-mutation.ts';

const ana = { id: 'a1', role: 'admin', email: 'ana@example.org', name: 'Ana' } as const;
const request = { method: 'POST', path: '/v1/customers/2/suspend', body: { version: 3 } } as const;
const signedOut: HttpAnswer = { status: 401, headers: {}, body: { type: 'urn:panel:problem:signed-out' } };
const done: HttpAnswer = { status: 200, headers: {}, body: { id: '2', version: 4 } };

function world(answers: readonly HttpAnswer[]) {
  const sent: MutationRequest[] = [];
  const left = [...answers];
  const client = {
    mutate: async (one: MutationRequest) => {
      sent.push(one);
      const answer = left.shift() ?? done;
      if (answer === signedOut) session.interrupt();
      return answer;
    },
  } as unknown as PanelClient;
  const session = new SessionStore({
    login: async () => ana,
    resume: async () => ana,
    logout: async () => undefined,
  });
  return { sent, panel: { client, session } };
}

describe('a change that is made at once', () => {
  it('goes out again under the same id when somebody has logged in meanwhile', async () => {
    const { sent, panel } = world([signedOut, signedOut, done]);
    await panel.session.resume();
    const outcome = sendMutation(panel, request);
    for (let login = 0; login < 2; login += 1) {
      await expect.poll(() => panel.session.snapshot().kind).toBe('interrupted');
      await panel.session.login({ email: ana.email, password: 'secret' });
    }
    expect((await outcome).answer).toMatchObject({ kind: 'applied', version: 4 });
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ body }) => body.clientMutationId)).size).toBe(1);
    expect(sent[0]?.body).toMatchObject({ version: 3 });
  });

  it('is given up when they leave instead', async () => {
    const { panel } = world([signedOut]);
    await panel.session.resume();
    const outcome = sendMutation(panel, request);
    await expect.poll(() => panel.session.snapshot().kind).toBe('interrupted');
    await panel.session.logout();
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError' });
  });
});
