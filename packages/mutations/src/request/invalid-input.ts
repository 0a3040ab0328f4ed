/** What a change throws when something is wrong with what was sent. It is an answer to the sender, and no failure. */
import type { Issue } from '../kind/issue.ts';

export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(`not allowed: ${issues.map(({ path, code }) => `${path} ${code}`).join(', ')}`);
    this.issues = issues;
  }
}
