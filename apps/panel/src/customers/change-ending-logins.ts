/** A change of a customer that ends their logins: both are committed, or neither is. */
import type { CustomerValue, MutationOutcome } from '@holdfast/mutations';
import type { Context } from 'hono';
import { type AskedChange, change } from '../app/mutate.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import type { EndedLogins, EndReason } from '../login/logins.ts';

export async function changeEndingLogins(
  context: Context<PanelEnv>,
  parts: Pick<PanelParts, 'mutations' | 'logins'>,
  asked: AskedChange<CustomerValue> & { readonly reason: EndReason },
): Promise<MutationOutcome> {
  const { logins } = parts;
  const { reason, ...rest } = asked;
  let ended: EndedLogins | undefined;
  const outcome = await change(context, parts, {
    ...rest,
    change: async (changing) => {
      const effect = await asked.change(changing);
      ended = await logins.endAll(changing.trx, Number(changing.id), reason);
      return effect;
    },
  });
  const isCommitted = outcome.kind === 'applied' || outcome.kind === 'unchanged';
  if (isCommitted && ended !== undefined) logins.noteEnded(ended);
  return outcome;
}
