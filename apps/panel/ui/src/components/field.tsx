/** A label, what is filled in, a hint and what is wrong with it, tied together for those who do not see them side by side. */
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId } from 'react';
import { Icon } from './icon.tsx';

interface FieldWords {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What is wrong; the field is marked as invalid while there is something. */
  readonly error?: ReactNode;
  readonly className?: string;
}

export interface FieldProps extends FieldWords {
  /** Gets what the control has to carry. */
  readonly children: (control: {
    readonly id: string;
    readonly 'aria-describedby': string | undefined;
    readonly 'aria-invalid': true | undefined;
  }) => ReactNode;
}

export function Field({ label, hint, error, className = '', children }: FieldProps): ReactNode {
  const id = useId();
  const isWrong = isThere(error);
  const describedBy = [isThere(hint) && `${id}-hint`, isWrong && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-describedby': describedBy === '' ? undefined : describedBy,
        'aria-invalid': isWrong || undefined,
      })}
      {isThere(hint) && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
      {isWrong && (
        <span id={`${id}-error`} className="error">
          <Icon name="warning" /> <span>{error}</span>
        </span>
      )}
    </div>
  );
}

export type TextFieldProps = FieldWords &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'className'> & { readonly ref?: Ref<HTMLInputElement> };

export function TextField({ label, hint, error, className, ...input }: TextFieldProps): ReactNode {
  return (
    <Field {...words({ label, hint, error, className })}>
      {(control) => <input className="input" dir="auto" {...input} {...control} />}
    </Field>
  );
}

export type SelectFieldProps = FieldWords &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className'> & {
    readonly options: readonly { readonly value: string; readonly text: string }[];
  };

export function SelectField({
  label,
  hint,
  error,
  className,
  options,
  ...select
}: SelectFieldProps): ReactNode {
  return (
    <Field {...words({ label, hint, error, className })}>
      {(control) => (
        <select className="input" {...select} {...control}>
          {options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function isThere(node: ReactNode): boolean {
  return node !== undefined && node !== null && node !== false && node !== '';
}

function words({
  className,
  ...rest
}: { [Name in keyof FieldWords]: FieldWords[Name] | undefined }): FieldWords {
  return {
    label: rest.label,
    hint: rest.hint,
    error: rest.error,
    ...(className === undefined ? {} : { className }),
  };
}
