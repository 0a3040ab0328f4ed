/** The devices on which I am logged in, and a way to end that from here. */
import type { Device } from '@holdfast/panel-client/schema';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useNotify } from '../../components/notices.tsx';
import { Status } from '../../components/status.tsx';
import { Time } from '../../components/time.tsx';
import { usePanel } from '../../data/panel-context.tsx';
import { problemKey, problemOf } from '../../data/problem.ts';
import { queryKeys } from '../../data/query-keys.ts';
import type { Text } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import { deviceName } from './device-name.ts';

export function Devices(): ReactNode {
  const { client } = usePanel();
  const query = useQuery({
    queryKey: queryKeys.devices(),
    queryFn: ({ signal }) => client.devices({ signal }),
  });
  return <Loaded query={query}>{({ items }) => <DeviceTable devices={items} />}</Loaded>;
}

function DeviceTable({ devices }: { readonly devices: readonly Device[] }): ReactNode {
  const { t } = useText();
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">{t('account.device')}</th>
          <th scope="col">{t('account.since')}</th>
          <th scope="col">{t('account.lastUsed')}</th>
          <th scope="col">
            <span className="unseen">{t('customer.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} />
        ))}
      </tbody>
    </table>
  );
}

function DeviceRow({ device }: { readonly device: Device }): ReactNode {
  const text = useText();
  const { t } = text;
  const name = nameOf(device, text);
  const { id, isCurrent, since, lastUsedAt, userAgent } = device;
  return (
    <tr>
      <th scope="row">
        <bdi title={userAgent ?? undefined}>{name}</bdi>{' '}
        {isCurrent && <Status kind="info">{t('account.thisDevice')}</Status>}
      </th>
      <td data-name={t('account.since')}>{since === null ? t('value.none') : <Time at={since} />}</td>
      <td data-name={t('account.lastUsed')}>
        <Time at={lastUsedAt} />
      </td>
      <td>{!isCurrent && <RevokeButton id={id} name={name} />}</td>
    </tr>
  );
}

function RevokeButton({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
  const { t } = useText();
  const { client, queries } = usePanel();
  const notify = useNotify();
  const revoke = useMutation({
    mutationFn: () => client.revokeDevice(id),
    onSuccess: () => {
      notify({ kind: 'good', text: t('account.revoked') });
      void queries.invalidateQueries({ queryKey: queryKeys.devices() });
    },
    onError: (error) => notify({ kind: 'bad', text: t(problemKey(problemOf(error)?.code ?? 'unexpected')) }),
  });
  return (
    <Button
      size="small"
      isBusy={revoke.isPending}
      aria-label={t('account.revokeOf', { device: name })}
      onClick={() => revoke.mutate()}
    >
      {t('account.revoke')}
    </Button>
  );
}

function nameOf({ userAgent }: Device, { t }: Text): string {
  const { browser, system } = deviceName(userAgent ?? '');
  if (browser !== undefined && system !== undefined) return t('account.deviceOf', { browser, system });
  return browser ?? system ?? t('account.deviceUnknown');
}
