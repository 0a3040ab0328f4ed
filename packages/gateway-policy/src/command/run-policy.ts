/** One run of the sentence for a gateway whose context is open. */
import { nasDue } from '../index.ts';
import type { PolicyContext } from './policy-context.ts';
import type { PolicyRequest, PolicyResult } from './policy-request.ts';
import { policyStages } from './policy-stages.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';
import { type RunNotes, runSentence } from './run-sentence.ts';

export async function runPolicy(context: PolicyContext, request: PolicyRequest): Promise<PolicyResult> {
  const { truth, gateway } = context;
  return runSentence(
    {
      gateway,
      stagesOf: (notes) => policyStages(stagesOptions(context, request, notes)),
      nasDue: (at) => nasDue({ truth, gateway, at }),
    },
    request,
  );
}

/** Everything that the stages of a run are made from. */
export function stagesOptions(
  context: PolicyContext,
  { reason, mode, signal, purpose, force, memory, onStep }: PolicyRequest,
  notes: RunNotes,
): PolicyStagesOptions {
  return {
    ...context,
    ...notes,
    reason,
    mode,
    signal,
    purpose,
    force,
    ...(memory === undefined ? {} : { memory }),
    ...(onStep === undefined ? {} : { onEffect: onStep }),
  };
}
