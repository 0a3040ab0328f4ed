/** Hands the workbench down to the pages, and their editors. */
import type { JsonObject } from '@holdfast/optimistic-client';
import { createContext, use, useEffect, useSyncExternalStore } from 'react';
import type { EditMark, EditorState } from '../record/editor-state.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordPart } from '../record/record-part.ts';
import type { RecordKind } from '../record-kind.ts';
import type { Workbench } from '../workbench/workbench.ts';

export interface OpenWorkbench {
  readonly bench: Workbench;
  readonly kinds: readonly RecordKind[];
  /** The browser keeps nothing for this page: drafts last as long as it. */
  readonly isVolatile: boolean;
}

const WorkbenchContext = createContext<OpenWorkbench | undefined>(undefined);
export const WorkbenchProvider = WorkbenchContext;

/** Without following its changes. */
export function useOpenWorkbench(): OpenWorkbench {
  const open = use(WorkbenchContext);
  if (open === undefined) throw new Error('no EditProvider above');
  return open;
}

/** Renders again whenever an editor changes. */
export function useWorkbench(): Workbench {
  const { bench } = useOpenWorkbench();
  useSyncExternalStore(bench.subscribe, bench.revision);
  return bench;
}

export interface OpenEditor {
  readonly editor: RecordEditor;
  readonly state: EditorState;
}

/** The editor of one part of a record, as long as the page stands; it reads the record when it has not. */
export function useEditor(part: RecordPart, id: string): OpenEditor {
  const { bench } = useOpenWorkbench();
  const editor = bench.editor(part, id);
  useEffect(() => {
    void editor.open();
    return bench.use(editor);
  }, [bench, editor]);
  const state = useSyncExternalStore(editor.subscribe, () => editor.state);
  return { editor, state };
}

/** What is pending of a record, to be shown over what a list knows. */
export function useLook(
  kind: string,
  id: string,
): { readonly mark: EditMark | undefined; readonly overlay: JsonObject } {
  return useWorkbench().look(kind, id);
}
