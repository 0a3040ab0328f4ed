/** What is applied and should not be, what is not and should be, and what is there in another shape. */
import type { Drift, Kernel } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Section } from '../../components/section.tsx';
import { Status } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';

export function DriftSection({ kernel }: { readonly kernel: Kernel }): ReactNode {
  const { t, plural } = useText();
  if (kernel.kind === 'unread')
    return (
      <Section title={t('drift.title')}>
        <p className="soft">{t('drift.unknown')}</p>
      </Section>
    );
  const { drift, driftTotal } = kernel;
  return (
    <Section title={t('drift.title')}>
      <p role="status">
        <Status kind={driftTotal === 0 ? 'good' : 'warn'}>
          {driftTotal === 0 ? t('drift.none') : plural('drift.count', driftTotal)}
        </Status>
      </p>
      {drift.length > 0 && <DriftTable drift={drift} />}
      {drift.length < driftTotal && <p className="small soft">{t('kernel.first', { n: drift.length })}</p>}
    </Section>
  );
}

function DriftTable({ drift }: { readonly drift: readonly Drift[] }): ReactNode {
  const { t } = useText();
  return (
    <div className="table-frame">
      <table className="table cards" aria-label={t('drift.title')}>
        <thead>
          <tr>
            <th scope="col">{t('drift.layer')}</th>
            <th scope="col">{t('drift.object')}</th>
            <th scope="col">{t('drift.expected')}</th>
            <th scope="col">{t('drift.actual')}</th>
          </tr>
        </thead>
        <tbody>
          {drift.map(({ layer, object, expected, actual }) => (
            <tr key={`${layer} ${object}`}>
              <td>{layer}</td>
              <th scope="row" className="code">
                {object}
              </th>
              <td data-name={t('drift.expected')}>
                <State state={expected} absent={<Status kind="warn">{t('drift.surplus')}</Status>} />
              </td>
              <td data-name={t('drift.actual')}>
                <State state={actual} absent={<Status kind="bad">{t('drift.missing')}</Status>} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function State({ state, absent }: { readonly state: string | null; readonly absent: ReactNode }): ReactNode {
  return state === null ? absent : <bdi className="code">{state}</bdi>;
}
