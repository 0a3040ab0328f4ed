/** A search box that waits until somebody has stopped typing for a moment. */
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react';
import { TextField } from './field.tsx';

const calmMs = 250;

export interface SearchFieldProps {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly onSearch: (value: string) => void;
  /** For a number or a short name. */
  readonly isShort?: boolean;
}

export function SearchField(props: SearchFieldProps): ReactNode {
  const { label, placeholder, value, onSearch, isShort = false } = props;
  const [typed, setTyped] = useState(value);
  const search = useEffectEvent(onSearch);
  // From outside: the filters were cleared, or somebody went back.
  useEffect(() => setTyped(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is outside does not start a search
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => search(typed), calmMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextField
      className={isShort ? '' : 'wide'}
      type="search"
      label={label}
      placeholder={placeholder}
      autoComplete="off"
      maxLength={100}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
