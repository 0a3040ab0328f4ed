/** A value to be taken along, told this once: whole, selectable, and copied by a button where the browser lets us. */
import { type ReactNode, useRef, useState } from 'react';
import { useText } from '../i18n/text-context.tsx';
import { Button } from './button.tsx';
import { TextField } from './field.tsx';

export interface CopyValueProps {
  readonly label: string;
  readonly value: string;
  readonly hint?: ReactNode;
}

export function CopyValue({ label, value, hint }: CopyValueProps): ReactNode {
  const { t } = useText();
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    try {
      // Only over HTTPS and on the machine itself is there a clipboard.
      await (navigator.clipboard as Clipboard | undefined)?.writeText(value);
      setCopied(navigator.clipboard !== undefined);
    } catch {
      // Refused: it is selected, and the keyboard copies it.
    }
  };
  return (
    <div className="copy-value">
      <TextField ref={field} label={label} hint={hint} value={value} readOnly dir="ltr" spellCheck={false} />
      <Button onClick={() => void copy()}>
        <span role="status">{t(isCopied ? 'action.copied' : 'action.copy')}</span>
      </Button>
    </div>
  );
}
