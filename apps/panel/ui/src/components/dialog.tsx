/**
 * A dialog of the browser's own, which makes everything around it inert. It never closes by itself: `closedby="none"`, because
 * the browser's Escape cannot be refused reliably, and an Escape of our own that means `onClose`. The heading gets the focus, no
 * button that does anything; when the dialog goes, whoever had the focus before gets it back, if it is still there.
 *
 * What is announced while it is open has to stand in it: `news` is its live region.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';

export interface DialogProps {
  readonly title: ReactNode;
  /** Escape and the like: always the way out that loses nothing. Absent where there is none. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
  /** Its buttons. */
  readonly footer?: ReactNode;
  readonly size?: 'normal' | 'wide';
  /** Said to screen readers when it changes. */
  readonly news?: string;
  /** Where the focus goes when whoever had it is gone. */
  readonly returnTo?: () => HTMLElement | null;
}

/** Rendered while it is open. */
export function Dialog({
  title,
  onClose,
  children,
  footer,
  size = 'normal',
  news = '',
  returnTo,
}: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  useFocusBack(returnTo);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (!element.open) element.showModal();
    heading.current?.focus();
    return () => element.close();
  }, []);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    onClose?.();
  };
  return (
    <dialog
      ref={dialog}
      className="dialog"
      data-size={size}
      closedby="none"
      aria-labelledby={titleId}
      onKeyDown={leave}
      onCancel={(event) => event.preventDefault()}
    >
      <div className="sheet">
        <header>
          <h2 id={titleId} ref={heading} tabIndex={-1}>
            {title}
          </h2>
        </header>
        <div className="stack">{children}</div>
        <p className="unseen" role="status">
          {news}
        </p>
        {footer !== undefined && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

function useFocusBack(returnTo: (() => HTMLElement | null) | undefined): void {
  const opener = useRef<Element | null>(null);
  const elsewhere = useRef(returnTo);
  elsewhere.current = returnTo;
  // Before the dialog takes the focus: effects run in the order in which they stand.
  useLayoutEffect(() => {
    opener.current = document.activeElement;
  }, []);
  useEffect(
    () => () => {
      const found = opener.current;
      const isUsable = found instanceof HTMLElement && found.isConnected && found !== document.body;
      const target = isUsable ? found : (elsewhere.current?.() ?? document.querySelector('h1'));
      target?.focus();
    },
    [],
  );
}
