/**
 * One request, sent under the same id until its answer says what became of it: again after a while where the answer allows it, and
 * when the user is back where it wants a login. An answer that nobody has described waits for the user, since it may have landed.
 */
import { decisionTable, retryDelayMs } from '@holdfast/optimistic-client';
import type { Delivery, EditorPorts, SentWrite } from './editor-ports.ts';
import type { DeliveryState } from './editor-state.ts';
import type { Pause } from './pause.ts';

export interface DeliverOptions {
  readonly pause: Pause;
  tell(state: DeliveryState): void;
  /** The user, or the tab, does not want to go on: the last answer stands. */
  isGivenUp(): boolean;
}

export async function deliver(
  ports: Pick<EditorPorts, 'send' | 'signIn' | 'random'>,
  write: SentWrite,
  options: DeliverOptions,
): Promise<Delivery> {
  for (let attempt = 1; ; attempt += 1) {
    options.tell('sending');
    const delivery = await ports.send(write);
    if (options.isGivenUp()) return delivery;
    const mayGoOn = await beforeNext(ports, delivery, { ...options, attempt });
    if (!mayGoOn || options.isGivenUp()) return delivery;
  }
}

/** Waits for what the answer wants. @returns false when the answer stands */
async function beforeNext(
  { signIn, random }: Pick<EditorPorts, 'signIn' | 'random'>,
  { answer }: Delivery,
  { pause, tell, attempt }: DeliverOptions & { readonly attempt: number },
): Promise<boolean> {
  const { next } = decisionTable[answer.kind];
  if (next === 'retry') {
    tell('waiting');
    await pause.for(retryDelayMs(answer, attempt, random()));
    return true;
  }
  if (next === 'sign-in') {
    tell('signed-out');
    if (!(await signIn())) await pause.untilCut();
    return true;
  }
  if (answer.kind !== 'unexpected') return false;
  tell('stuck');
  await pause.untilCut();
  return true;
}
