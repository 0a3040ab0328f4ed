/**
 * A bar for each run, the newest on the right: its height is how long it took, on a scale of roots so that a short one is still
 * there beside a long one; its colour and the mark under it say how it ended. The table beside it says the same in words.
 */
import type { Run } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';
import { useDuration } from './use-duration.ts';

const height = 96;
const bar = 12;
const gap = 4;
const markSpace = 16;
const shortestBar = 4;
/** As wide as a page gets; on a narrower one the oldest are cut off. */
const most = 80;

export function RunsPicture({ runs }: { readonly runs: readonly Run[] }): ReactNode {
  const { t } = useText();
  const shown = runs.slice(0, most).toReversed();
  const longest = Math.max(...shown.map(({ tookMs }) => tookMs), 1);
  const width = most * (bar + gap);
  const start = width - shown.length * (bar + gap);
  return (
    <svg
      className="runs-picture"
      role="img"
      aria-label={t('runs.picture', { n: shown.length })}
      viewBox={`0 0 ${width} ${height + markSpace}`}
      preserveAspectRatio="xMaxYMax slice"
    >
      <line className="ground" x1="0" x2={width} y1={height + 0.5} y2={height + 0.5} />
      {shown.map((run, place) => (
        <RunBar
          key={`${run.endedAt} ${run.tookMs}`}
          run={run}
          x={start + place * (bar + gap)}
          tall={shortestBar + (height - shortestBar) * Math.sqrt(run.tookMs / longest)}
        />
      ))}
    </svg>
  );
}

interface RunBarProps {
  readonly run: Run;
  readonly x: number;
  readonly tall: number;
}

function RunBar({ run, x, tall }: RunBarProps): ReactNode {
  const { t, formatTime } = useText();
  const formatDuration = useDuration();
  const { outcome, endedAt, tookMs, changes, reason } = run;
  const middle = x + bar / 2;
  const words = [
    t(`runs.outcome.${outcome}`),
    formatDuration(tookMs),
    t('runs.changesOf', changes),
    reason,
    formatTime(endedAt),
  ];
  return (
    <g data-outcome={outcome}>
      <title>{words.join(' · ')}</title>
      <rect x={x} y={height - tall} width={bar} height={tall} rx="2" />
      <Mark outcome={outcome} x={middle} y={height + markSpace / 2 + 1} />
    </g>
  );
}

/** A shape for each outcome: no two are told apart by colour alone. */
function Mark({
  outcome,
  x,
  y,
}: {
  readonly outcome: Run['outcome'];
  readonly x: number;
  readonly y: number;
}) {
  switch (outcome) {
    case 'applied':
      return <path className="mark" d={`M${x - 4} ${y}l3 3 5-6`} />;
    case 'unchanged':
      return <circle className="mark" cx={x} cy={y} r="2" />;
    case 'failed':
      return <path className="mark" d={`M${x - 3} ${y - 3}l6 6m0-6-6 6`} />;
    default:
      return outcome satisfies never;
  }
}
