/**
 * Which failures of truth are answers to whoever sent the mutation, and which answer. Every other one is thrown: it says
 * something about the system and nothing about the request.
 */
import { type ErrorCode, type HoldfastError, isHoldfastError } from '@holdfast/base';
import { InvalidInput } from '../request/invalid-input.ts';
import type { MutationOutcome } from './outcome.ts';

/** Under which problem a client meets a failure. */
export const refusalTable: Readonly<Partial<Record<ErrorCode, 'state-conflict' | 'invalid' | 'not-found'>>> =
  {
    CONNECTION_CLAIMED: 'state-conflict',
    CONNECTION_DISABLED: 'state-conflict',
    CLAIM_DEADLINE_PASSED: 'state-conflict',
    CUSTOMER_INACTIVE: 'state-conflict',
    CUSTOMER_DELETED: 'state-conflict',
    EMAIL_TAKEN: 'state-conflict',
    USER_NAME_TAKEN: 'state-conflict',
    CLAIM_TOKEN_UNKNOWN: 'not-found',
    CONNECTION_UNKNOWN: 'not-found',
    CUSTOMER_UNKNOWN: 'not-found',
    DATE_OUT_OF_RANGE: 'invalid',
    EMAIL_INVALID: 'invalid',
    PASSWORD_REFUSED: 'invalid',
  };

/** What `error` is to the sender of a mutation; undefined when it is none of their business. */
export function refusalFor(error: unknown): MutationOutcome | undefined {
  if (error instanceof InvalidInput) return { kind: 'invalid', issues: error.issues };
  if (!isHoldfastError(error)) return undefined;
  const { code } = error;
  if (code === 'TRUTH_INVALID') return constraintRefusal(error);
  switch (refusalTable[code]) {
    case 'state-conflict':
      return { kind: 'state-conflict', code };
    case 'invalid':
      return { kind: 'invalid', issues: [{ path: '', code }] };
    case 'not-found':
      return { kind: 'not-found' };
    default:
      return undefined;
  }
}

/** A value that somebody else has, or one that the database does not take. */
function constraintRefusal({ code, details }: HoldfastError): MutationOutcome {
  return details.constraint === 'unique' || details.constraint === 'foreign-key'
    ? { kind: 'state-conflict', code }
    : { kind: 'invalid', issues: [{ path: '', code }] };
}
