/**
 * Editing, for all pages below: the workbench of whoever is logged in, the one conflict in front of them, what actions had to say,
 * what is told once, and the question what becomes of drafts when they log out.
 */
import { type ReactNode, useEffect, useState } from 'react';
import { LoadingState } from '../../components/loading-state.tsx';
import { useNotify } from '../../components/notices.tsx';
import { usePanel } from '../../data/panel-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { connectionRecord } from '../../pages/connections/connection-record.ts';
import { customerRecord } from '../../pages/customers/customer-record.ts';
import { useMe } from '../../session/use-session.ts';
import { isHoldingWork } from '../record/editor-state.ts';
import type { RecordKind } from '../record-kind.ts';
import { ActionNotices } from './action-notices.tsx';
import { openBrowserWorkbench } from './browser-workbench.ts';
import { ConflictHost } from './conflict-host.tsx';
import './edit.css';
import { LeaveQuestion } from './leave-question.tsx';
import { OnceDialog } from './once-dialog.tsx';
import { type OpenWorkbench, WorkbenchProvider } from './workbench-context.tsx';

const kinds: readonly RecordKind[] = [connectionRecord, customerRecord];

export function EditProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const open = useOwnWorkbench();
  useWarning(open);
  if (open === undefined) return <LoadingState />;
  return (
    <WorkbenchProvider value={open}>
      {children}
      <ConflictHost />
      <OnceDialog />
      <ActionNotices />
      <LeaveQuestion />
    </WorkbenchProvider>
  );
}

/** Of whoever is logged in, and closed when they are not any more. */
function useOwnWorkbench(): OpenWorkbench | undefined {
  const data = usePanel();
  const me = useMe();
  const notify = useNotify();
  const { t } = useText();
  const [open, setOpen] = useState<OpenWorkbench>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another language is no other workbench
  useEffect(() => {
    let isGone = false;
    let hasTold = false;
    const onStorageProblem = () => {
      if (!hasTold) notify({ kind: 'info', text: t('edit.storage.failed') });
      hasTold = true;
    };
    const opening = openBrowserWorkbench({ data, me, kinds, onStorageProblem }).then((opened) => {
      if (isGone) return opened;
      if (opened.isVolatile) notify({ kind: 'info', text: t('edit.storage.volatile') });
      setOpen(opened);
      return opened;
    });
    return () => {
      isGone = true;
      void opening.then(({ bench }) => bench.close('keep'));
    };
  }, [data, me.id]);
  return open;
}

/** Where the browser keeps nothing, leaving loses what was typed: then it asks. */
function useWarning(open: OpenWorkbench | undefined): void {
  useEffect(() => {
    if (open?.isVolatile !== true) return;
    const warn = (event: BeforeUnloadEvent) => {
      if (open.bench.unfinished.some(({ state }) => isHoldingWork(state))) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [open]);
}
