/**
 * A plan that comes back from JSON, taken as what it is: input. Paths are examined again when they are used; here the
 * shape is, because the id becomes the name of a directory and the content that of a file.
 */
import { HoldfastError } from '@holdfast/base';
import { isFoundFile } from './is-found-file.ts';
import { isResetIdOf } from './reset-id.ts';
import type { ResetPlan } from './reset-plan.ts';

/** @throws HoldfastError RESET_STALE - it is no plan */
export function parsePlan(plan: ResetPlan): ResetPlan {
  const { id, scope, reason, files } = plan;
  const isPlan =
    typeof scope === 'string' &&
    typeof reason?.kind === 'string' &&
    reason.scope === scope &&
    typeof id === 'string' &&
    isResetIdOf(scope, id) &&
    Array.isArray(files) &&
    files.every(isPlannedFile) &&
    new Set(files.map(({ path }) => path)).size === files.length;
  if (isPlan) return plan;
  throw new HoldfastError('RESET_STALE', `what was given for ${scope} is no plan of a reset`, {
    details: { id, scope },
  });
}

function isPlannedFile(file: ResetPlan['files'][number]): boolean {
  const { path, action, before, content } = file;
  if (typeof path !== 'string' || !isFoundFile(before)) return false;
  switch (action) {
    case 'remove':
      return before.kind !== 'absent';
    case 'absent':
      return before.kind === 'absent';
    case 'replace':
      return isContent(content);
    default:
      return false;
  }
}

function isContent(content: ResetPlan['files'][number]['content']): boolean {
  if (typeof content !== 'object' || content === null) return false;
  const { encoding, data, mode } = content;
  return ['utf8', 'base64'].includes(encoding) && typeof data === 'string' && Number.isInteger(mode);
}
