/** A new password: length is what counts, and all that is asked for. @see NIST SP 800-63B */
import type { ReactNode } from 'react';
import { useText } from '../i18n/text-context.tsx';
import { TextField } from './field.tsx';

const shortest = 10;
const longest = 256;

export function isPassword(value: string): boolean {
  return value.length >= shortest && value.length <= longest;
}

export interface PasswordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Says what is wrong with it. */
  readonly isChecked: boolean;
}

export function PasswordField({ label, value, onChange, isChecked }: PasswordFieldProps): ReactNode {
  const { t } = useText();
  const isWrong = isChecked && !isPassword(value);
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      required
      maxLength={longest}
      value={value}
      onChange={({ target }) => onChange(target.value)}
      hint={!isWrong && t('field.passwordHint', { n: shortest })}
      error={isWrong && t('field.shortPassword', { n: shortest })}
    />
  );
}
