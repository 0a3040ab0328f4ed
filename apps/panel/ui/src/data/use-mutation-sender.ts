/** Sends one change at a time, and has what it touched read again. */
import type { MutationRequest } from '@holdfast/panel-client';
import { useState } from 'react';
import { usePanel } from './panel-context.tsx';
import { isDone, type MutationOutcome, sendMutation } from './send-mutation.ts';
import type { KeyStart } from './stale-keys.ts';

export interface MutationSender {
  readonly isSending: boolean;
  /** The outcome of the last one, when it was refused. */
  readonly refusal: MutationOutcome | undefined;
  /** After a conflict, of which somebody has been told: the version that there is now. */
  readonly currentVersion: number | undefined;
  /** @returns undefined when it was refused, or given up */
  send(request: MutationRequest): Promise<MutationOutcome | undefined>;
  forget(): void;
}

/** @param touches - beginnings of query keys */
export function useMutationSender(touches: readonly KeyStart[]): MutationSender {
  const panel = usePanel();
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<MutationOutcome>();
  const send = async (request: MutationRequest) => {
    setSending(true);
    setRefusal(undefined);
    try {
      const outcome = await sendMutation(panel, request);
      // A conflict, too, says that what is shown is old.
      for (const queryKey of touches) void panel.queries.invalidateQueries({ queryKey });
      if (isDone(outcome)) return outcome;
      setRefusal(outcome);
    } catch {
      // They left instead of logging in again: nobody waits for it.
    } finally {
      setSending(false);
    }
    return undefined;
  };
  const answer = refusal?.answer;
  const currentVersion = answer?.kind === 'version-conflict' ? answer.current.version : undefined;
  return { isSending, refusal, currentVersion, send, forget: () => setRefusal(undefined) };
}
