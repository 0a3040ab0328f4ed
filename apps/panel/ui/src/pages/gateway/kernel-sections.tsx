/** What is in the kernel of a gateway right now, and how that differs from what should be: looked at once a second. */
import type { Kernel } from '@holdfast/panel-client/schema';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Banner } from '../../components/banner.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Section } from '../../components/section.tsx';
import { Status, type StatusKind } from '../../components/status.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { whileSeen } from '../../data/while-seen.ts';
import type { PlainTextKey } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import { DriftSection } from './drift-section.tsx';
import { ClassList, RestrictedList } from './kernel-lists.tsx';

type Read = Extract<Kernel, { readonly kind: 'read' }>;
type Scaffold = Read['nft'];

export function KernelSections({ name }: { readonly name: string }): ReactNode {
  const { t } = useText();
  const client = useClient();
  const query = useQuery({
    queryKey: queryKeys.kernel(name),
    queryFn: ({ signal }) => client.kernel(name, { signal }),
    refetchInterval: whileSeen,
  });
  const kernel = query.data;
  return (
    <>
      <Section title={t('kernel.title')} aside={kernel?.kind === 'read' && <ReadAt at={kernel.at} />}>
        <Loaded query={query}>
          {(found) =>
            found.kind === 'read' ? <Inside kernel={found} /> : <Unread because={found.because} />
          }
        </Loaded>
      </Section>
      {kernel !== undefined && <DriftSection kernel={kernel} />}
    </>
  );
}

/** By the second: that it moves is what tells that the page lives. */
function ReadAt({ at }: { readonly at: string }): ReactNode {
  const { t, formatTime } = useText();
  return (
    <p>
      <span className="pulse" aria-hidden="true" />
      <time dateTime={at}>{t('kernel.readAt', { when: formatTime(at) })}</time>
    </p>
  );
}

function Inside({ kernel }: { readonly kernel: Read }): ReactNode {
  const { t, formatNumber } = useText();
  const { counts, nft, tc, dataplane, restricted, classes } = kernel;
  return (
    <>
      {dataplane === 'recorded' && <Banner>{t('kernel.recorded')}</Banner>}
      <Facts
        isDense
        of={[
          [t('kernel.restricted'), formatNumber(counts.restricted)],
          [t('kernel.shaped'), formatNumber(counts.shaped)],
          [t('kernel.classes'), formatNumber(counts.classes)],
          [t('kernel.nft'), <ScaffoldState key="nft" state={nft} />],
          [t('kernel.tc'), <ScaffoldState key="tc" state={tc} />],
        ]}
      />
      <RestrictedList addresses={restricted} total={counts.restricted} />
      <ClassList classes={classes} total={counts.classes} />
    </>
  );
}

const scaffoldKinds: Readonly<Record<Scaffold, StatusKind>> = {
  intact: 'good',
  missing: 'off',
  damaged: 'bad',
};

function ScaffoldState({ state }: { readonly state: Scaffold }): ReactNode {
  const { t } = useText();
  return <Status kind={scaffoldKinds[state]}>{t(`kernel.state.${state}`)}</Status>;
}

const reasons: { readonly [code: string]: PlainTextKey } = {
  RECONCILE_UNREACHABLE: 'kernel.why.RECONCILE_UNREACHABLE',
  LOCK_BUSY: 'kernel.why.LOCK_BUSY',
  NOT_PERMITTED: 'kernel.why.NOT_PERMITTED',
};

function Unread({ because }: { readonly because: string }): ReactNode {
  const { t } = useText();
  const known = reasons[because];
  const why = known === undefined ? t('kernel.why.other', { code: because }) : t(known);
  return <Banner kind="warn">{t('kernel.unread', { why })}</Banner>;
}
