/** Milliseconds in the unit that people would use. */
import { useText } from '../../i18n/text-context.tsx';

export function useDuration(): (ms: number) => string {
  const { formatNumber } = useText();
  return (ms) => {
    const [value, unit] = inUnit(ms);
    return formatNumber(value, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: unit === 'second' && value < 10 ? 2 : 0,
    });
  };
}

function inUnit(ms: number): readonly [number, 'millisecond' | 'second' | 'minute' | 'hour'] {
  if (ms < 1_000) return [ms, 'millisecond'];
  if (ms < 120_000) return [ms / 1_000, 'second'];
  return ms < 7_200_000 ? [ms / 60_000, 'minute'] : [ms / 3_600_000, 'hour'];
}
