/** What can be done to a connection besides editing it: each is a mutation on the version that is seen, in the queue of its record. */
import type { JsonObject, Snapshot } from '@holdfast/optimistic-client';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Section } from '../../components/section.tsx';
import { EditStatus } from '../../edit/react/edit-status.tsx';
import { type OpenEditor, useOpenWorkbench } from '../../edit/react/workbench-context.tsx';
import { markOf } from '../../edit/record/editor-state.ts';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { ActionDialog } from './action-dialog.tsx';
import {
  type AskedAction,
  availableActions,
  type ConnectionAction,
  isAsked,
  patchOfPlain,
} from './connection-action.ts';
import { connectionParts } from './connection-part.ts';
import { connectionRecord } from './connection-record.ts';

export interface ConnectionActionsProps {
  readonly id: string;
  /** What is seen, and so what an action is based on. */
  readonly seen: Snapshot;
  /** With what is pending. */
  readonly value: JsonObject;
  /** Of the state. */
  readonly action: OpenEditor;
}

export function ConnectionActions({
  id,
  seen,
  value,
  action: { editor, state },
}: ConnectionActionsProps): ReactNode {
  const { t } = useText();
  const { role } = useMe();
  const { bench } = useOpenWorkbench();
  const [asked, setAsked] = useState<AskedAction>();
  const isBusy = markOf(state) !== undefined;
  const act = (patch: JsonObject) => {
    setAsked(undefined);
    bench.act(connectionParts(role).state, id, { patch, seen });
  };
  const press = (action: ConnectionAction) => {
    if (isAsked(action)) setAsked(action);
    else act(patchOfPlain(action, value));
  };
  return (
    <Section title={t('connection.actions')}>
      <div className="actions-list">
        {availableActions(role, value).map((action) => (
          <Button
            key={action}
            kind={action === 'disable' ? 'danger' : 'plain'}
            isOff={isBusy}
            onClick={() => press(action)}
          >
            {t(`connection.${action}`)}
          </Button>
        ))}
      </div>
      <EditStatus editor={editor} state={state} words={connectionRecord.words} />
      {asked !== undefined && (
        <ActionDialog action={asked} value={value} onAct={act} onClose={() => setAsked(undefined)} />
      )}
    </Section>
  );
}
