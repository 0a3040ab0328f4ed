/**
 * The policies of the four stores: pure, and all there is to know about what a steward does. `docs/runtime_state.md` has them
 * as a table, row by row the same (`tests/stores/steward-table.test.ts`).
 *
 * What a later version wrote is never touched, and what cannot be read is touched only when a person says so: it may still be
 * right. Beyond that each store asks one question: who gains when its memory is lost?
 */
import type { DecisionPolicy } from '@holdfast/action-plan';
import type { DocumentFacts } from './document-facts.ts';
import type { StewardAction, StewardReason, StewardVerdict } from './steward-reason.ts';

export const storeNames = ['rate-limit', 'captcha', 'token', 'salt'] as const;
export type StoreName = (typeof storeNames)[number];

export type StewardPolicy = DecisionPolicy<StewardReason, DocumentFacts, StewardAction>;

const keep = (because: string): StewardVerdict => ({ kind: 'keep', because });
const refuse = (because: string): StewardVerdict => ({ kind: 'refuse', because });
const act = (kind: StewardAction['kind'], because: string): StewardVerdict => ({
  kind: 'act',
  actions: [{ kind }],
  because,
});

const laterVersion = refuse('a later version wrote it');
const mayBeRight = refuse('what cannot be read may still be right');
const onRequest = act('reset', 'somebody asked for it');
const isWhole = keep('it is whole; a sweep takes what has expired');

/** What the stores differ in. */
interface StoreDecisions {
  readonly absent: StewardVerdict;
  readonly whole?: (facts: DocumentFacts) => StewardVerdict;
  readonly recovered: StewardVerdict;
  readonly damaged: StewardVerdict;
}

function policyOf({ absent, whole = () => isWhole, recovered, damaged }: StoreDecisions): StewardPolicy {
  return ({ kind }, facts) => {
    const { condition } = facts;
    const isAsked = kind === 'manual';
    switch (condition) {
      case 'newer':
        return laterVersion;
      case 'unreadable':
        return isAsked ? onRequest : mayBeRight;
      case 'absent':
        return absent;
      case 'whole':
        return isAsked ? onRequest : whole(facts);
      case 'recovered':
        return isAsked ? onRequest : recovered;
      case 'damaged':
        return damaged;
      default:
        return condition satisfies never;
    }
  };
}

/** Losing a shard gives everybody in it one more burst, once; keeping it damaged would refuse all of them. */
const rateLimit = policyOf({
  absent: keep('nobody in this shard has been counted yet'),
  recovered: keep('the generation before stands in: at most one decision is lost'),
  damaged: act('reset', 'its keys start afresh: one more burst for each, once'),
});

const allExpired = act('reset', 'every token that it can have held has expired');

const captchaUnguarded = policyOf({
  absent: keep('no token of this shard has been claimed yet'),
  recovered: keep('the generation before stands in: one claim may count again until it expires'),
  damaged: allExpired,
});

/** Losing a claim lets its token pass a second time, until the token expires: so nothing is lost before that. */
const captcha: StewardPolicy = (reason, facts) => {
  const verdict = captchaUnguarded(reason, facts);
  if (verdict.kind !== 'act') return verdict;
  return facts.isOver
    ? allExpired
    : refuse('a claim that is lost could be presented again before it expires');
};

/** Losing families logs their users out; a family that went back a generation would let an old token in. */
const token = policyOf({
  absent: keep('no family is in this shard; an unknown one is refused'),
  recovered: act('reset', 'a family may be a generation behind: its old token would pass for the newest'),
  damaged: act('reset', 'its families are logged out: none of their tokens can be told from a stolen one'),
});

/** Losing the salt orphans every key under it, so what is kept by those keys goes with it. */
const salt = policyOf({
  absent: act('rotate', 'there is none: the first is made'),
  whole: ({ isDue }) =>
    isDue ? act('rotate', 'it has served its time') : keep('somebody has rotated it already'),
  recovered: act('rotate', 'the one before stands in, and overlaps with the next'),
  damaged: act('reset', 'keys under the lost salt can never be made again'),
});

export const stewardPolicies: Readonly<Record<StoreName, StewardPolicy>> = {
  'rate-limit': rateLimit,
  captcha,
  token,
  salt,
};
