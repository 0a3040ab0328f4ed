/** The last runs: as a picture for those who look for the odd one out, and as a table that has all of it. */
import type { Run } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Section } from '../../components/section.tsx';
import { Time } from '../../components/time.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { RunOutcome } from './run-outcome.tsx';
import { RunsPicture } from './runs-picture.tsx';
import { useDuration } from './use-duration.ts';

export function RunsSection({ runs }: { readonly runs: readonly Run[] }): ReactNode {
  const { t } = useText();
  return (
    <Section title={t('runs.title')}>
      {runs.length === 0 ? (
        <p className="soft">{t('runs.none')}</p>
      ) : (
        <>
          <RunsPicture runs={runs} />
          <details className="folded">
            <summary>{t('runs.table')}</summary>
            <RunsTable runs={runs} />
          </details>
        </>
      )}
    </Section>
  );
}

function RunsTable({ runs }: { readonly runs: readonly Run[] }): ReactNode {
  const { t } = useText();
  return (
    <div className="table-frame">
      <table className="table cards" aria-label={t('runs.title')}>
        <thead>
          <tr>
            <th scope="col">{t('runs.ended')}</th>
            <th scope="col">{t('runs.outcome')}</th>
            <th scope="col">{t('runs.reason')}</th>
            <th scope="col">{t('runs.took')}</th>
            <th scope="col">{t('runs.changes')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={`${run.endedAt} ${run.tookMs}`} run={run} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run }: { readonly run: Run }): ReactNode {
  const { t } = useText();
  const formatDuration = useDuration();
  const { endedAt, outcome, reason, tookMs, changes, rolledForward, error } = run;
  return (
    <tr>
      <th scope="row">
        <Time at={endedAt} />
      </th>
      <td>
        <RunOutcome outcome={outcome} />
        {error !== null && (
          <div className="small">
            <code>{error.code}</code> <bdi className="soft">{error.message}</bdi>
          </div>
        )}
        {rolledForward && <div className="small soft">{t('runs.rolledForward')}</div>}
      </td>
      <td data-name={t('runs.reason')}>
        <bdi>{reason}</bdi>
      </td>
      <td data-name={t('runs.took')}>{formatDuration(tookMs)}</td>
      <td data-name={t('runs.changes')}>
        {changes.nft + changes.tc === 0 ? t('value.none') : t('runs.changesOf', changes)}
      </td>
    </tr>
  );
}
