/**
 * A button that stays where it is while it works: `isBusy` marks it and lets presses go by, but never takes the focus away from
 * it, as `disabled` would.
 */
import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from 'react';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly size?: 'normal' | 'small';
  readonly isBusy?: boolean;
  /** May not be pressed now, and says so; it can still be reached. */
  readonly isOff?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({
  kind = 'plain',
  size = 'normal',
  isBusy = false,
  isOff = false,
  type = 'button',
  className = '',
  onClick,
  children,
  ...rest
}: ButtonProps): ReactNode {
  const isDeaf = isBusy || isOff;
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (isDeaf) event.preventDefault();
    else onClick?.(event);
  };
  return (
    <button
      {...rest}
      type={type}
      className={`button ${className}`}
      data-kind={kind}
      data-size={size}
      aria-disabled={isDeaf || undefined}
      aria-busy={isBusy || undefined}
      onClick={press}
    >
      {isBusy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
