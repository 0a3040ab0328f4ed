/**
 * Short messages about what has just happened, in a corner and read out politely. What went well goes by itself after a while;
 * what did not, and what can be acted on, stays until it is sent away. Under an open dialog they are inert: that has a live region
 * of its own.
 */
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { useText } from '../i18n/text-context.tsx';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { Status } from './status.tsx';

export interface Notice {
  readonly kind: 'good' | 'bad' | 'info';
  readonly text: ReactNode;
  /** What can be done about it, beside sending it away. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

type Shown = Notice & { readonly id: number };

const lifeMs = 8_000;
const most = 4;

const NoticeContext = createContext<((notice: Notice) => void) | undefined>(undefined);

/** @returns a function that shows a notice */
export function useNotify(): (notice: Notice) => void {
  const notify = use(NoticeContext);
  if (notify === undefined) throw new Error('no NoticeProvider above');
  return notify;
}

export function NoticeProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const notify = useCallback((notice: Notice) => {
    setShown((before) => [...before, { ...notice, id: (before.at(-1)?.id ?? 0) + 1 }].slice(-most));
  }, []);
  const dismiss = useCallback((id: number) => {
    setShown((before) => before.filter((notice) => notice.id !== id));
  }, []);
  const list = useMemo(
    () => shown.map((notice) => <NoticeItem key={notice.id} notice={notice} onDismiss={dismiss} />),
    [shown, dismiss],
  );
  return (
    <NoticeContext value={notify}>
      {children}
      <div className="notices" role="status" aria-live="polite" aria-atomic="false">
        {list}
      </div>
    </NoticeContext>
  );
}

function NoticeItem({
  notice,
  onDismiss,
}: {
  readonly notice: Shown;
  readonly onDismiss: (id: number) => void;
}): ReactNode {
  const { t } = useText();
  const { id, kind, text, action } = notice;
  const goesByItself = kind !== 'bad' && action === undefined;
  useEffect(() => {
    if (!goesByItself) return;
    const timer = setTimeout(() => onDismiss(id), lifeMs);
    return () => clearTimeout(timer);
  }, [goesByItself, id, onDismiss]);
  const act = () => {
    onDismiss(id);
    action?.run();
  };
  return (
    <div className="notice" data-kind={kind}>
      <span className="words">{kind === 'info' ? text : <Status kind={kind}>{text}</Status>}</span>
      {action !== undefined && (
        <Button size="small" onClick={act}>
          {action.label}
        </Button>
      )}
      <Button kind="quiet" size="small" aria-label={t('action.dismiss')} onClick={() => onDismiss(id)}>
        <Icon name="cross" />
      </Button>
    </div>
  );
}
