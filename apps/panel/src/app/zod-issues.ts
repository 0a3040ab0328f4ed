/** What a schema has against a request, as the issues of a problem: where, and a code that the client says in its language. */
import { type Issue, pointerTo } from '@holdfast/mutations';
import type { z } from '@hono/zod-openapi';

type ZodIssue = z.ZodError['issues'][number];

/** More of them help nobody. */
const mostIssues = 50;

export function issuesOf({ issues }: Pick<z.ZodError, 'issues'>): readonly Issue[] {
  return issues.flatMap(issuesOfOne).slice(0, mostIssues);
}

function issuesOfOne(issue: ZodIssue): readonly Issue[] {
  const path = issue.path.map((part) => pointerTo(String(part))).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}${pointerTo(key)}`, code: 'unknown-field' }));
  return [{ path, code: issue.code.replaceAll('_', '-') }];
}
