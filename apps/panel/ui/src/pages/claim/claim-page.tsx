/** A customer makes a connection their own, by the code that came with it. */
import type { ConnectionChanged } from '@holdfast/panel-client/schema';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { CopyValue } from '../../components/copy-value.tsx';
import { TextField } from '../../components/field.tsx';
import { Refusal } from '../../components/refusal.tsx';
import { showFaults } from '../../components/show-faults.ts';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { Message } from '../../i18n/message.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { Page } from '../../shell/page.tsx';

export function ClaimPage(): ReactNode {
  const { t } = useText();
  const [claimed, setClaimed] = useState<ConnectionChanged>();
  return (
    <Page title={t('claim.title')} intro={t('claim.intro')}>
      <section className="card narrow">
        {claimed === undefined ? (
          <ClaimForm onClaimed={setClaimed} />
        ) : (
          <Claimed connection={claimed} onAnother={() => setClaimed(undefined)} />
        )}
      </section>
    </Page>
  );
}

function ClaimForm({
  onClaimed,
}: {
  readonly onClaimed: (connection: ConnectionChanged) => void;
}): ReactNode {
  const { t } = useText();
  const sender = useMutationSender([['connections'], ['sessions']]);
  const [token, setToken] = useState('');
  const [isChecked, setChecked] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const claim = async () => {
    const outcome = await sender.send({ method: 'POST', path: '/v1/claims', body: { token: token.trim() } });
    if (outcome === undefined) field.current?.focus();
    else onClaimed(outcome.http.body as ConnectionChanged);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    showFaults(event.currentTarget, () => setChecked(true));
    if (token.trim() !== '' && !sender.isSending) void claim();
  };
  const refused = t('claim.refused');
  return (
    <form className="form" onSubmit={submit} noValidate>
      <Refusal
        outcome={sender.refusal}
        told={{ 'not-found': refused, 'state-conflict': refused, invalid: refused, forbidden: refused }}
      />
      <TextField
        ref={field}
        label={t('claim.code')}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={200}
        required
        value={token}
        onChange={({ target }) => setToken(target.value)}
        error={isChecked && token.trim() === '' && t('claim.missing')}
      />
      <div className="row">
        <Button kind="primary" type="submit" isBusy={sender.isSending}>
          {t('claim.submit')}
        </Button>
      </div>
    </form>
  );
}

interface ClaimedProps {
  readonly connection: ConnectionChanged;
  readonly onAnother: () => void;
}

function Claimed({ connection: { id, value, once }, onAnother }: ClaimedProps): ReactNode {
  const { t } = useText();
  const name = value?.label ?? id;
  return (
    <div className="stack">
      <Banner kind="good">
        <Message text="claim.done" values={{ name }} />
      </Banner>
      {once?.radiusSecret !== undefined && (
        <CopyValue label={t('claim.secret')} value={once.radiusSecret} hint={t('claim.secretHint')} />
      )}
      <div className="row">
        <Link className="button" data-kind="primary" href={`/connections/${id}`}>
          {t('claim.open')}
        </Link>
        <Button onClick={onAnother}>{t('claim.another')}</Button>
      </div>
    </div>
  );
}
