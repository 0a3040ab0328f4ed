/**
 * The one way from a query to what is shown of it: loading, refused, there, and there but not to be updated any more, which is
 * shown with a word that it is old.
 */
import type { ReactNode } from 'react';
import { useText } from '../i18n/text-context.tsx';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';
import { ErrorState } from './error-state.tsx';
import { LoadingState } from './loading-state.tsx';

export interface LoadedProps<Data> {
  /** Of TanStack Query, or a paged list. */
  readonly query: {
    readonly data: Data | undefined;
    readonly error: unknown;
    readonly isError: boolean;
    refetch(): Promise<unknown>;
  };
  readonly children: (data: Data) => ReactNode;
}

export function Loaded<Data>({ query, children }: LoadedProps<Data>): ReactNode {
  const { t } = useText();
  const { data, error, isError, refetch } = query;
  const retry = () => void refetch();
  if (data === undefined) return isError ? <ErrorState error={error} onRetry={retry} /> : <LoadingState />;
  return (
    <>
      {isError && (
        <Banner
          kind="warn"
          actions={
            <Button size="small" onClick={retry}>
              {t('state.retry')}
            </Button>
          }
        >
          {t('state.stale')}
        </Banner>
      )}
      {children(data)}
    </>
  );
}
