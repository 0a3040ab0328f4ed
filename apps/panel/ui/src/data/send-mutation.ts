/**
 * A change that is made at once and needs no editor: suspend, register, end a session. It is sent until there is an answer, under
 * one id; when the session has ended meanwhile, the same request goes out again after the password.
 */
import { type Answer, readAnswer } from '@holdfast/optimistic-client';
import {
  type HttpAnswer,
  type MutationRequest,
  newMutationId,
  type PanelClient,
} from '@holdfast/panel-client';
import type { SessionStore } from '../session/session-store.ts';

export interface MutationOutcome {
  readonly answer: Answer;
  /** As it came, for what is told once. */
  readonly http: HttpAnswer;
}

/** Rejected only with an AbortError: whoever was asked for the password has left. */
export async function sendMutation(
  { client, session }: { readonly client: PanelClient; readonly session: SessionStore },
  request: MutationRequest,
): Promise<MutationOutcome> {
  const body = { clientMutationId: newMutationId(), ...request.body };
  for (;;) {
    const http = await client.mutate({ ...request, body });
    const answer = readAnswer(http);
    if (answer.kind !== 'signed-out') return { answer, http };
    await session.signIn();
  }
}

export function isDone({ http }: MutationOutcome): boolean {
  return http.status >= 200 && http.status < 300;
}
