/**
 * A call of a policy run: one that brings a trigger, waits for the lock, and mostly finds that a run of somebody else has
 * covered it. Until that is known it has its trigger recorded, and holds the lock; only then the rest is loaded, with the
 * lock held and before truth is read, so that triggers which come meanwhile are covered too.
 *
 * A truth on a server, a look for drift, and events in the spool need the rest from the beginning.
 */
import { CallerTruth, isServerUrl } from '@holdfast/truth-db/caller';
import { mayHaveEvents } from '../spool/spool-directory.ts';
import { gatewayOf } from './gateway-of.ts';
import { lockGateway } from './lock-gateway.ts';
import { type PolicyContextOptions, type PolicyPlace, policyPlace, policyRunner } from './policy-place.ts';
import type { PolicyRequest, PolicyResult } from './policy-request.ts';
import { bringsNews, decidePolicy, triggerRow } from './policy-trigger.ts';
import { runSentence } from './run-sentence.ts';

/**
 * Opens what the run needs, runs, and closes it.
 *
 * @throws HoldfastError as `openPolicyContext` does; a failure of the run itself stands in its result
 */
export async function callPolicy(
  options: PolicyContextOptions,
  request: PolicyRequest,
): Promise<PolicyResult> {
  const place = policyPlace(options);
  if (isServerUrl(place.databaseUrl) || !mayJoin(request)) {
    const { runWhole } = await import('./run-whole.ts');
    return runWhole(options, request);
  }
  return callWith(options, place, request);
}

/** A boot ends sessions before it records, a look records nothing, and what only looks joins nobody. */
function mayJoin({ mode, reason }: PolicyRequest): boolean {
  return mode === 'apply' && bringsNews(reason) && reason !== 'boot' && reason !== 'recorded';
}

async function callWith(
  options: PolicyContextOptions,
  place: PolicyPlace,
  request: PolicyRequest,
): Promise<PolicyResult> {
  await using opened = new AsyncDisposableStack();
  const truth = opened.use(await CallerTruth.open(place.databaseUrl));
  const gateway = gatewayOf(await truth.gatewayNames(), options.gateway);
  const runner = policyRunner(options, place);
  return await runSentence(
    {
      gateway,
      stagesOf: (notes) => {
        const rest = once(async () => {
          const { openStages } = await import('./run-whole.ts');
          return opened.use(await openStages({ ...options, gateway }, request, notes));
        });
        return {
          trigger: async (reason) =>
            mayHaveEvents(place.spoolDirectory)
              ? (await rest()).trigger(reason)
              : truth.recordTrigger(triggerRow(reason, gateway, notes.clock.wallMs())),
          decide: (reason) => decidePolicy(reason, undefined),
          lock: (plan, work) => lockGateway({ ...request, runner }, plan, work),
          isCovered: async (ticket) => (await truth.readCovered(gateway)) >= ticket,
          held: async (held) => (await rest()).held(held),
        };
      },
    },
    request,
  );
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
