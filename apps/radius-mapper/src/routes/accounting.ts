/**
 * Accounting is answered with success as soon as nothing of it can be lost. A NAS repeats what is not answered, and some end
 * their sessions over it, so what we cannot use is no failure.
 */
import { handleAccounting } from '../accounting/handle-accounting.ts';
import { noContent } from '../reply/answer.ts';
import { decodeAccounting } from '../request/accounting-request.ts';
import type { Route } from './route.ts';

export const accounting: Route = async ({ mapper }, body) => {
  const { metrics, clock } = mapper;
  const event = decodeAccounting(body, clock.wallMs());
  const { kind } = event;
  try {
    const outcome = await handleAccounting(mapper, event);
    metrics.add('holdfast_radius_accounting_total', 1, { kind, outcome });
  } catch (error) {
    metrics.add('holdfast_radius_accounting_total', 1, { kind, outcome: 'failed' });
    throw error;
  }
  return noContent;
};
