/**
 * How the figures of `bench apply --full` grow with the number of sessions, as one picture for the documents: a panel for each
 * figure, ours beside its peer, both axes logarithmic. A text with no script and no font of its own, readable on light and on
 * dark ground.
 */
import type { Figure } from '../figure.ts';
import type { Report } from '../print-report.ts';

interface PanelKind {
  readonly title: string;
  readonly unit: string;
  /** Finds the number of sessions in what a figure is about. */
  readonly what: RegExp;
  readonly subject: RegExp;
  readonly peer: RegExp;
}

interface Point {
  readonly sessions: number;
  readonly ours: number;
  readonly peer: number;
}

interface Panel extends PanelKind {
  readonly points: readonly Point[];
}

const kinds: readonly PanelKind[] = [
  {
    title: 'Cold apply',
    unit: 'ms',
    what: /^([\d ]+) sessions, cold$/,
    subject: /^vpn-policy-apply$/,
    peer: /^tc -batch, nft -f$/,
  },
  {
    title: 'Reconcile that finds nothing to do',
    unit: 'ms',
    what: /^([\d ]+) sessions, no-op$/,
    subject: /^vpn-policy-reconcile$/,
    peer: /^listing$/,
  },
  {
    title: 'One changed session',
    unit: 'ms',
    what: /^one changed session of ([\d ]+)$/,
    subject: /^writeDelta/,
    peer: /^by hand/,
  },
  {
    title: 'Peak memory of a reconcile',
    unit: 'MB',
    what: /^([\d ]+) sessions, no-op, peak memory$/,
    subject: /^vpn-policy-reconcile$/,
    peer: /^nft -j list table$/,
  },
];

/**
 * @param reports - what `bench --json` printed
 * @returns SVG
 * @throws Error - the bench was not run, or not with sizes enough to draw a line
 */
export function growthPicture(reports: readonly Report[]): string {
  const report = reports.find(({ bench }) => bench === 'apply');
  if (report?.result.kind !== 'measured') throw new Error('the document has no figures of the bench apply');
  const { figures } = report.result;
  const panels = kinds.map((kind) => ({ ...kind, points: pointsOf(figures, kind) }));
  const missing = panels.find(({ points }) => points.length < 2);
  if (missing !== undefined) throw new Error(`"${missing.title}" has fewer than two sizes; use --full`);
  const machine = Object.entries(report.machine).map(([name, value]) => `${name} ${value}`);
  return pictureOf(panels, `${report.at.slice(0, 10)}, ${machine.join(', ')}`);
}

function pointsOf(figures: readonly Figure[], { what, subject, peer }: PanelKind): readonly Point[] {
  const points = figures.flatMap((figure): Point[] => {
    const sessions = what.exec(figure.what)?.[1];
    if (sessions === undefined || figure.peer === undefined) return [];
    if (!subject.test(figure.subject) || !peer.test(figure.peer.name)) return [];
    const place = Number(sessions.replaceAll(' ', ''));
    return [{ sessions: place, ours: figure.value.median, peer: figure.peer.value.median }];
  });
  return points.toSorted((one, other) => one.sessions - other.sessions);
}

const panelWidth = 420;
const panelHeight = 250;
const plot = { left: 58, top: 44, width: 330, height: 150 };
const footer = 34;

const style = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; font-size: 13px; }
    .note { font-size: 11px; fill: #59636e; }
    .value { font-size: 11px; }
    .grid { stroke: #d1d9e0; stroke-width: 1; }
    .ours { stroke: #0b62d0; fill: #0b62d0; }
    .peer { stroke: #b35900; fill: #b35900; }
    text.ours, text.peer { stroke: none; }
    polyline.ours, polyline.peer { fill: none; stroke-width: 2; }
    polyline.peer { stroke-dasharray: 5 4; }
    .ground { fill: #ffffff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .note { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .ours { stroke: #6cb0ff; fill: #6cb0ff; }
      .peer { stroke: #ffa657; fill: #ffa657; }
      .ground { fill: #0d1117; }
    }`;

function pictureOf(panels: readonly Panel[], machine: string): string {
  const rows = Math.ceil(panels.length / 2);
  const [width, height] = [panelWidth * 2, panelHeight * rows + footer];
  const drawn = panels.map((panel, place) => {
    const at = `translate(${(place % 2) * panelWidth} ${Math.floor(place / 2) * panelHeight})`;
    return `  <g transform="${at}">\n${panelLines(panel).join('\n')}\n  </g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${described(panels)}">
  <style>${style}
  </style>
  <rect class="ground" width="${width}" height="${height}"/>
${drawn.join('\n')}
  <text class="note" x="${plot.left}" y="${height - 14}">Medians by number of sessions, both axes logarithmic. ${machine}</text>
</svg>
`;
}

/** The figures once more in words, for those who cannot see lines. */
function described(panels: readonly Panel[]): string {
  return panels
    .map(({ title, unit, points }) => {
      const said = points.map(
        ({ sessions, ours, peer }) => `${sessions} sessions ${number(ours)}, peer ${number(peer)}`,
      );
      return `${title} in ${unit}: ${said.join('; ')}`;
    })
    .join('. ');
}

function panelLines(panel: Panel): readonly string[] {
  const { title, unit, points } = panel;
  const values = points.flatMap(({ ours, peer }) => [ours, peer]);
  const x = scale(
    points.map(({ sessions }) => sessions),
    [plot.left, plot.left + plot.width],
  );
  const y = scale(decadesOf(values), [plot.top + plot.height, plot.top]);
  return [
    `    <text class="title" x="${plot.left}" y="20">${title}, ${unit}</text>`,
    ...decadesOf(values).map((value) => {
      const line = `<line class="grid" x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y(value)}" y2="${y(value)}"/>`;
      return `    ${line}<text class="note" x="${plot.left - 6}" y="${y(value) + 4}" text-anchor="end">${grouped(value)}</text>`;
    }),
    ...points.map(({ sessions }) => {
      const under = plot.top + plot.height + 18;
      return `    <text class="note" x="${x(sessions)}" y="${under}" text-anchor="middle">${grouped(sessions)}</text>`;
    }),
    ...series(panel, 'peer', x, y),
    ...series(panel, 'ours', x, y),
  ];
}

type Scale = (value: number) => number;

function series({ points, peer }: Panel, name: 'ours' | 'peer', x: Scale, y: Scale): readonly string[] {
  const places = points.map((point) => {
    const value = point[name];
    // The label of the greater one stands above its point, that of the other below.
    const isGreater =
      point.ours === point.peer ? name === 'ours' : value === Math.max(point.ours, point.peer);
    return { left: x(point.sessions), top: y(value), value, labelTop: y(value) + (isGreater ? -8 : 16) };
  });
  const words = name === 'ours' ? 'Holdfast' : peer.source.replaceAll(/[\^$]/g, '');
  // The two keys stand side by side under the plot.
  const key = { left: plot.left + (name === 'ours' ? 0 : 110), top: plot.top + plot.height + 38 };
  return [
    `    <polyline class="${name}" points="${places.map(({ left, top }) => `${left},${top}`).join(' ')}"/>`,
    ...places.map(({ left, top, value, labelTop }) => {
      const label = `<text class="${name} value" x="${left}" y="${labelTop}" text-anchor="middle">${number(value)}</text>`;
      return `    <circle class="${name}" cx="${left}" cy="${top}" r="3.5"/>${label}`;
    }),
    `    <text class="${name}" x="${key.left}" y="${key.top}">${name === 'ours' ? '●' : '┄'} ${words}</text>`,
  ];
}

/** Powers of ten around all values. */
function decadesOf(values: readonly number[]): readonly number[] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

function scale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  return (value) => Math.round((from + ((Math.log10(value) - low) / (high - low)) * (to - from)) * 10) / 10;
}

function number(value: number): string {
  return value >= 100 ? grouped(Math.round(value)) : value.toPrecision(2);
}

function grouped(value: number): string {
  return value.toLocaleString('en').replaceAll(',', ' ');
}
