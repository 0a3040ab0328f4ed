/** A secret that the server tells this one time. It stays until its user says that they have it. */
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { CopyValue } from '../../components/copy-value.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useWorkbench } from './workbench-context.tsx';

export function OnceDialog(): ReactNode {
  const { t } = useText();
  const bench = useWorkbench();
  const editor = bench.actions.find(({ state }) => state.once !== undefined);
  const once = editor?.state.once;
  if (editor === undefined || once === undefined || bench.surface !== undefined) return null;
  const done = (
    <Button kind="primary" onClick={() => editor.dismiss('once')}>
      {t('edit.once.close')}
    </Button>
  );
  return (
    <Dialog title={t('edit.once.title')} footer={done}>
      {Object.entries(once).map(([name, value]) => (
        <CopyValue
          key={name}
          label={t(name === 'token' ? 'edit.once.token' : 'edit.once.radiusSecret')}
          hint={t('edit.once.hint')}
          value={String(value)}
        />
      ))}
    </Dialog>
  );
}
