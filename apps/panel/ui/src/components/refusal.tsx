/** Why a change was refused, in a form or a dialog that stays open. */
import { PanelError } from '@holdfast/panel-client';
import type { ReactNode } from 'react';
import type { MutationOutcome } from '../data/send-mutation.ts';
import { Banner } from './banner.tsx';
import { ProblemText } from './error-state.tsx';

export interface RefusalProps {
  readonly outcome: MutationOutcome | undefined;
  /** Words of its own for some: by the kind of the answer. */
  readonly told?: { readonly [kind: string]: ReactNode };
}

export function Refusal({ outcome, told = {} }: RefusalProps): ReactNode {
  if (outcome === undefined) return null;
  return (
    <Banner kind="bad" isUrgent>
      {told[outcome.answer.kind] ?? <ProblemText error={new PanelError(outcome.http)} />}
    </Banner>
  );
}
