/** The problems that truth was refused for, each in one phrase. */
import type { HoldfastError } from '@holdfast/base';
import type { SnapshotProblem } from '@holdfast/gateway-policy';

/** @param refusal - TRUTH_INVALID of a desired state */
export function problemWords({ details }: HoldfastError): readonly string[] {
  return (details.problems as readonly SnapshotProblem[]).map(({ connection, column, value, problem }) => {
    const where = connection === null ? '' : `connection ${connection}: `;
    return `${where}${column} ${JSON.stringify(value)} ${problem}`;
  });
}
