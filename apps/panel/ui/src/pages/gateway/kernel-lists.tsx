/** The first addresses and classes of a kernel, folded away: nobody reads five hundred of them all the time. */
import type { Kernel } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';

type Classes = Extract<Kernel, { readonly kind: 'read' }>['classes'];

export interface RestrictedListProps {
  readonly addresses: readonly string[];
  readonly total: number;
}

export function RestrictedList({ addresses, total }: RestrictedListProps): ReactNode {
  const { t } = useText();
  return (
    <Folded title={t('kernel.restrictedList')} shown={addresses.length} total={total}>
      <ul className="addresses code">
        {addresses.map((address) => (
          <li key={address}>{address}</li>
        ))}
      </ul>
    </Folded>
  );
}

export interface ClassListProps {
  readonly classes: Classes;
  readonly total: number;
}

export function ClassList({ classes, total }: ClassListProps): ReactNode {
  const { t } = useText();
  return (
    <Folded title={t('kernel.classList')} shown={classes.length} total={total}>
      <div className="table-frame">
        <table className="table">
          <caption className="unseen">{t('kernel.classList')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('kernel.class')}</th>
              <th scope="col">{t('kernel.rate')}</th>
              <th scope="col">{t('kernel.addresses')}</th>
            </tr>
          </thead>
          <tbody>
            {classes.map(({ id, rate, addresses }) => (
              <tr key={id}>
                <th scope="row" className="code">
                  {id}
                </th>
                <td>{rate}</td>
                <td className="code">{addresses.length === 0 ? t('value.none') : addresses.join(' ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Folded>
  );
}

interface FoldedProps {
  readonly title: string;
  readonly shown: number;
  readonly total: number;
  readonly children: ReactNode;
}

function Folded({ title, shown, total, children }: FoldedProps): ReactNode {
  const { t, formatNumber } = useText();
  return (
    <details className="folded">
      <summary>
        {title} <span className="soft">({formatNumber(Math.max(total, shown))})</span>
      </summary>
      {shown === 0 ? <p className="soft">{t('kernel.nobody')}</p> : children}
      {shown > 0 && shown < total && <p className="small soft">{t('kernel.first', { n: shown })}</p>}
    </details>
  );
}
