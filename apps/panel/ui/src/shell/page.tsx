/**
 * One page: its heading, which gets the focus when somebody comes here from another one, as it would if the browser had loaded a
 * document, and the title of the window. The very first page leaves the focus where it is.
 */
import { type ReactNode, useEffect, useRef } from 'react';
import { useText } from '../i18n/text-context.tsx';

export interface PageProps {
  readonly title: ReactNode;
  /** Of the window; the text of the heading when that is one. */
  readonly windowTitle?: string;
  /** Under the heading. */
  readonly intro?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

let hasShownOne = false;

export function Page({ title, windowTitle, intro, actions, children }: PageProps): ReactNode {
  const { t } = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  const name = windowTitle ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = name === '' ? t('app.name') : `${name.slice(0, 80)} · ${t('app.name')}`;
  }, [name, t]);
  useEffect(() => {
    if (hasShownOne) {
      window.scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    hasShownOne = true;
  }, []);
  return (
    <>
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {intro !== undefined && <p className="soft">{intro}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </header>
      {children}
    </>
  );
}
