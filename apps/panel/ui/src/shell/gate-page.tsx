/** A page before the frame: one card in the middle, with the preferences of the browser under it. */
import type { ReactNode } from 'react';
import { Brand } from './brand.tsx';
import { Page } from './page.tsx';
import { Preferences } from './preferences.tsx';

export function GatePage({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <main className="gate">
      <Brand />
      <section className="card">
        <Page title={title}>{children}</Page>
      </section>
      <Preferences />
    </main>
  );
}
