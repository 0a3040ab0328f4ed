/**
 * Names of resets: time of the plan, a tag of the scope, 64 random bits. They sort by age, name a directory, and tell
 * whose lock guards it, so that what a dead process left half-made is cleared away by a holder of the right scope only.
 */
import { hash, randomBytes } from 'node:crypto';

const pattern = /^\d{8}T\d{9}Z-([0-9a-f]{16})-[0-9a-f]{16}$/;

/** @param wallMs - when it was planned */
export function createResetId(scope: string, wallMs: number): string {
  const stamp = new Date(wallMs).toISOString().replaceAll(/[-:.]/g, '');
  return `${stamp}-${tagOf(scope)}-${randomBytes(8).toString('hex')}`;
}

export function isResetId(id: string): boolean {
  return pattern.test(id);
}

/** Whether `id` is well-formed and of this scope. */
export function isResetIdOf(scope: string, id: string): boolean {
  return pattern.exec(id)?.[1] === tagOf(scope);
}

function tagOf(scope: string): string {
  return hash('sha256', scope, 'hex').slice(0, 16);
}
