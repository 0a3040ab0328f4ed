/**
 * The decision of the steward, pure: what to do about a reason, given how the cache stands. `keep` is to serve what is there;
 * a refusal touches nothing and tells who asks.
 */
import type { DecisionPolicy, Verdict } from '@holdfast/action-plan';
import type { CacheFacts } from './cache-facts.ts';
import type { CacheReason } from './cache-reason.ts';

/** `merge`: one distribution is fetched and put among the others. */
export type CacheAction = 'refresh' | 'merge';

export const decideCache: DecisionPolicy<CacheReason, CacheFacts, CacheAction> = (reason, facts) => {
  const { state } = facts;
  if (state === 'unreadable') return refuse('what cannot be read may still be right');
  if (state === 'newer') return refuse('a newer version wrote it, and what it knows would be lost');
  switch (reason.kind) {
    case 'manual':
      return act('refresh', 'it was asked for');
    case 'only':
      return state === 'absent' || state === 'corrupt'
        ? act('refresh', 'there is nothing whole to merge into')
        : act('merge', 'one distribution was asked for');
    case 'missing':
      return decideMissing(facts);
    case 'corrupt':
      return decideCorrupt(facts);
    case 'stale':
      return facts.allowance === 'needed' && isPresent(facts)
        ? act('refresh', 'it is stale')
        : keepOrRefuse(facts, 'a stale catalogue is better than none');
    default:
      return reason.kind satisfies never;
  }
};

function decideMissing(facts: CacheFacts): Verdict<CacheAction> {
  if (isPresent(facts)) return keep('it is there by now');
  return facts.allowance === 'needed'
    ? act('refresh', 'nothing was fetched yet')
    : refuse('nothing was fetched yet');
}

function decideCorrupt(facts: CacheFacts): Verdict<CacheAction> {
  if (facts.state === 'last-good' && facts.allowance === 'needed')
    return act('refresh', 'the current one is damaged');
  if (isPresent(facts)) return keep('a whole generation is there');
  return facts.allowance === 'never'
    ? refuse('it is damaged, and nothing may be repaired')
    : act('refresh', 'it is damaged');
}

function keepOrRefuse(facts: CacheFacts, because: string): Verdict<CacheAction> {
  return isPresent(facts) ? keep(because) : refuse('there is nothing whole to serve');
}

function isPresent({ state }: CacheFacts): boolean {
  return state === 'fresh' || state === 'stale' || state === 'last-good';
}

function act(action: CacheAction, because: string): Verdict<CacheAction> {
  return { kind: 'act', actions: [action], because };
}

function keep(because: string): Verdict<CacheAction> {
  return { kind: 'keep', because };
}

function refuse(because: string): Verdict<CacheAction> {
  return { kind: 'refuse', because };
}
