/** What a look at the gateway is made of. Everything is opened anew, as for a run, and nobody is told of a wait. */
import type { Clock } from '@holdfast/base';
import { contextOptionsOf, openPolicyContext } from '@holdfast/gateway-policy/command';
import { dataplaneOf, lookAtGateway } from '@holdfast/gateway-policy/explain';
import type { KernelWatchOptions } from './kernel-watch.ts';
import type { ReconcileSettings } from './policy-request.ts';

export interface OpenLookOptions {
  readonly settings: ReconcileSettings;
  readonly clock: Clock;
  /** Whether what truth wants and no run has covered yet will be live soon. */
  readonly expectsRun: () => boolean;
}

/** @returns what opens, looks and closes; it throws HoldfastError as `openPolicyContext` and `lookAtGateway` do */
export function openLook({ settings, clock, expectsRun }: OpenLookOptions): KernelWatchOptions['look'] {
  const place = { ...contextOptionsOf(settings), observer: {} };
  return async () => {
    await using context = await openPolicyContext(place);
    const { gateway, documents } = context;
    const found = await lookAtGateway({
      ...context,
      isComingBack: documents.isComingBack,
      dataplaneOf: (row) => dataplaneOf(place, row),
      expectsRun,
      clock,
    });
    return { gateway, found };
  };
}
