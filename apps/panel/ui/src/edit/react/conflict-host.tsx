/** The one conflict that is in front of the user, wherever they are. */
import type { ReactNode } from 'react';
import { ConflictDialog } from '../conflict/conflict-dialog.tsx';
import { useOpenWorkbench, useWorkbench } from './workbench-context.tsx';

export function ConflictHost(): ReactNode {
  const { kinds } = useOpenWorkbench();
  const editor = useWorkbench().surface;
  const kind = kinds.find((one) => one.kind === editor?.record.kind);
  const conflict = editor?.state.conflict;
  if (editor === undefined || kind === undefined || conflict === undefined) return null;
  // Another record is another dialog, with the focus at its head.
  return <ConflictDialog key={`${editor.part.name} ${editor.record.id}`} {...{ editor, conflict, kind }} />;
}
