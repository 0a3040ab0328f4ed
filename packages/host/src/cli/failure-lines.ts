/** The details of a failure as lines for a person: problems of truth, issues of a document, drift after a write. */
import type { HoldfastError } from '@holdfast/base';

/** A verification of a whole gateway finds as many entries as there are sessions; the first ones show the pattern. */
const mostDrift = 20;

/** `details.problems`, `details.issues` and `details.drift`, one line each, without indentation. */
export function failureLines({ details }: HoldfastError): readonly string[] {
  const { problems, issues, drift } = details;
  return [
    ...listOf(problems).map(describeProblem),
    ...listOf(issues).map(describeProblem),
    ...driftLines(listOf(drift)),
  ];
}

/** Texts, or records that say what is wrong and where. */
function describeProblem(problem: unknown): string {
  const { problem: text, message, ...where } = recordOf(problem) ?? { problem };
  const place = Object.entries(where).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const what = String(text ?? message);
  return place.length === 0 ? what : `${place.join(', ')}: ${what}`;
}

function driftLines(drift: readonly unknown[]): readonly string[] {
  const lines = drift.slice(0, mostDrift).map(describeDrift);
  return drift.length > mostDrift ? [...lines, `… and ${drift.length - mostDrift} more`] : lines;
}

function describeDrift(entry: unknown): string {
  const record = recordOf(entry);
  if (record === undefined) return String(entry);
  const { layer, object, expected, actual } = record;
  return `${String(layer)} ${String(object)}: wanted ${String(expected ?? 'nothing')}, found ${String(actual ?? 'nothing')}`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return value as Readonly<Record<string, unknown>>;
}
